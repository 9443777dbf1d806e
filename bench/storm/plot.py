#!/usr/bin/env python3
"""plot.py CSV SVG: draws what storm_bench wrote: attempts in each second after the server's return,
the median over the seeds and, shaded, from the lowest to the highest. Designs that came out alike
are one curve. Standard library alone."""
import collections
import csv
import statistics
import sys

WIDTH, HEIGHT = 900, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLORS = ["#8c8c8c", "#d1495b", "#00798c", "#edae49"]


def read(path, down):
    """{design: {seed: [attempts in each second]}}, in the order of the file."""
    designs = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["down"] == down:
                designs[row["design"]][row["seed"]].append(int(row["attempts"]))
    return designs


def bands(runs):
    """(lowest, median, highest) of each second; a run that is over has 0."""
    longest = max(len(run) for run in runs)
    for second in range(longest):
        values = [run[second] if second < len(run) else 0 for run in runs]
        yield min(values), statistics.median(values), max(values)


def curves(designs):
    """{legend: bands}. Everybody is back by one attempt: their number is that of the clients."""
    alike = {}
    for name, runs in designs.items():
        band = tuple(bands(list(runs.values())))
        clients = sum(next(iter(runs.values())))
        alike.setdefault((band, clients), []).append(name)
    return {f"{'; '.join(names)} ({clients:,} clients)": list(band)
            for (band, clients), names in alike.items()}


def draw(designs, down):
    series = curves(designs)
    seeds = max(len(runs) for runs in designs.values())
    seconds = max(len(band) for band in series.values())
    most = max(high for band in series.values() for _, _, high in band)
    step = 50 if most <= 500 else 200
    top = (most // step + 1) * step

    def x(second):
        return LEFT + (WIDTH - LEFT - RIGHT) * second / seconds

    def y(value):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    def points(values):
        return " ".join(f"{x(s):.1f},{y(v):.1f}" for s, v in values)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
    for value in range(0, top + 1, step):
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(value):.1f}" '
                   f'y2="{y(value):.1f}" stroke="#e0e0e0"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    for second in range(0, seconds + 1, 10):
        out.append(f'<text x="{x(second):.1f}" y="{HEIGHT - BOTTOM + 18}" '
                   f'text-anchor="middle">{second}</text>')
    for color, (name, band) in zip(COLORS, series.items()):
        low = [(s, b[0]) for s, b in enumerate(band)]
        high = [(s, b[2]) for s, b in enumerate(band)]
        out.append(f'<polygon points="{points(high + low[::-1])}" fill="{color}" '
                   'fill-opacity="0.2"/>')
        out.append(f'<polyline points="{points([(s, b[1]) for s, b in enumerate(band)])}" '
                   f'fill="none" stroke="{color}" stroke-width="2"/>')
    for i, (color, name) in enumerate(zip(COLORS, series)):
        out.append(f'<rect x="{WIDTH - 440}" y="{TOP + 8 + 20 * i}" width="14" height="4" '
                   f'fill="{color}"/>')
        out.append(f'<text x="{WIDTH - 420}" y="{TOP + 14 + 20 * i}">{name}</text>')
    minutes, rest = divmod(int(down), 60)
    out.append(f'<text x="{LEFT}" y="22" font-size="14">A fleet comes back: attempts in each '
               f'second after the return of a server that was down for {minutes} min {rest} s'
               '</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
               f'seconds since its return; median and range over {seeds} seeds</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    out.append(f'<text x="18" y="{middle}" text-anchor="middle" '
               f'transform="rotate(-90 18 {middle})">attempts in a second</text>')
    out.append("</svg>\n")
    return "\n".join(out)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    down = "60"
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(draw(read(sys.argv[1], down), down))


if __name__ == "__main__":
    main()
