#!/usr/bin/env python3
"""The ENOT step in Python's PyTorch, as a careful user would write it: the peer that isoscan_step_benchmark is
timed against. Debian: python3-torch. Prints one JSON object.

    enot_step_torch.py --dim 16 --width 64 --layers 3 --batch 512 --steps 200 --threads 1
"""
import argparse
import json
import time

import torch


def mlp(sizes, generator):
    """Weights (in, out) and biases; the last layer starts at zero."""
    layers = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        last = i + 2 == len(sizes)
        bound = 0.0 if last else (3.0 / a) ** 0.5
        weight = (torch.rand(a, b, generator=generator) * 2 - 1) * bound
        bias = (torch.rand(b, generator=generator) * 2 - 1) * (0.0 if last else a**-0.5)
        layers += [weight.requires_grad_(), bias.requires_grad_()]
    return layers


def forward(layers, x):
    for i in range(0, len(layers), 2):
        x = torch.addmm(layers[i + 1], x, layers[i])
        if i + 2 < len(layers):
            x = torch.nn.functional.elu(x)
    return x


def step(map_layers, potential, x, y, tau, weight):
    """One loss, one backward; stop-gradients as in the paper's code."""
    yhat = x + forward(map_layers, x)
    fixed = yhat.detach()
    g_t = forward(potential, y).squeeze(1)
    g_s = (x - fixed).square().sum(1) - forward(potential, fixed).squeeze(1)
    cost = (x - y).square().sum(1)
    d1 = (g_s - cost).detach() + g_t
    d2 = (g_t - cost).detach() + g_s

    def expectile(d):
        return torch.where(d >= 0, tau, 1.0 - tau).detach() * d.square()

    regulariser = weight * (expectile(d1).mean() + expectile(d2).mean())
    dual = -(g_t + g_s).mean()
    frozen = [p.detach() for p in potential]
    amortised = ((x - yhat).square().sum(1) - forward(frozen, yhat).squeeze(1)).mean()
    return regulariser + dual + amortised


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in dict(dim=16, width=64, layers=3, batch=512, steps=200, threads=1, rows=65536).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    generator = torch.Generator().manual_seed(1)
    source = torch.randn(args.rows, args.dim, generator=generator)
    target = torch.randn(args.rows, args.dim, generator=generator) * 0.7 + 0.5
    hidden = [args.width] * args.layers
    map_layers = mlp([args.dim, *hidden, args.dim], generator)
    potential = mlp([args.dim, *hidden, 1], generator)
    optimisers = [torch.optim.Adam(layers, lr=5e-4, betas=(0.9, 0.99)) for layers in (map_layers, potential)]

    def run(steps):
        for _ in range(steps):
            x = source[torch.randint(args.rows, (args.batch,), generator=generator)]
            y = target[torch.randint(args.rows, (args.batch,), generator=generator)]
            loss = step(map_layers, potential, x, y, 0.9, 0.3)
            for optimiser in optimisers:
                optimiser.zero_grad(set_to_none=True)
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
        return loss.item()

    run(max(5, args.steps // 10))
    start, cpu = time.perf_counter(), time.process_time()
    loss = run(args.steps)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    print(json.dumps({"program": f"torch {torch.__version__}", "dim": args.dim, "width": args.width,
                      "layers": args.layers, "batch": args.batch, "threads": args.threads,
                      "steps_per_second": args.steps / seconds,
                      "cpu_ms_per_step": 1e3 * cpu / args.steps, "loss": loss}))


if __name__ == "__main__":
    main()
