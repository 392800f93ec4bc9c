#!/usr/bin/env python3
"""Dask's distributed under the work that Engine.Benchmarks measures.

usage: dask_bench.py TEST SIZE REPS SATURATION
  TEST        noop | tree | chain | rtt | start | retire
  SIZE        tasks, leaves (a power of two), hops, round trips or workers
  SATURATION  default, or inf: no limit on queued tasks, no memory thresholds; Dask's best for tiny tasks

Scheduler, workers (two, where they are not the size) and client are processes of their own, over tcp on this machine.
Prints one line of JSON for each repetition, from metric to value.
"""
import gc
import json
import os
import subprocess
import sys
import tempfile
import time

from distributed import Client, wait

WORKERS = 2


def increment(x):
    return x + 1


def add(a, b):
    return a + b


class Cluster:
    """A scheduler and workers that end with the with-block."""

    def __init__(self, saturation, workers=WORKERS):
        self.workers = workers
        self.environment = dict(os.environ)
        self.worker_options = []
        if saturation == "inf":
            self.environment["DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION"] = "inf"
            self.worker_options = ["--memory-limit", "0"]

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.directory.name, "scheduler.json")
        self.processes = []
        self.start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        while not os.path.exists(self.file):
            time.sleep(0.05)
        for _ in range(self.workers):
            self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard",
                       "--local-directory", self.directory.name, *self.worker_options)
        self.client = Client(scheduler_file=self.file)
        self.client.wait_for_workers(self.workers)
        return self.client

    def start(self, role, *options):
        program = f"from distributed.cli.dask_{role} import main; main()"
        self.processes.append(subprocess.Popen(
            [sys.executable, "-c", program, "--scheduler-file", self.file, *options],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def __exit__(self, *_):
        self.client.close()
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.directory.cleanup()


def per_task(seconds, count):
    return {"ns/task": seconds / count * 1e9}


def noop(client, size, _):
    # One call for all: submitting one by one costs Dask more.
    start = time.perf_counter()
    results = client.gather(client.map(increment, range(size), pure=False))
    seconds = time.perf_counter() - start
    assert sum(results) == size * (size + 1) // 2
    return per_task(seconds, size)


def tree(client, size, rep):
    graph = {}
    level = []
    for i in range(size):
        key = f"leaf-{rep}-{i}"
        graph[key] = (increment, i)
        level.append(key)
    depth = 0
    while len(level) > 1:
        depth += 1
        pairs = zip(level[::2], level[1::2])
        level = []
        for i, (left, right) in enumerate(pairs):
            key = f"add-{rep}-{depth}-{i}"
            graph[key] = (add, left, right)
            level.append(key)
    start = time.perf_counter()
    result = client.get(graph, level[0])
    seconds = time.perf_counter() - start
    assert result == size * (size + 1) // 2
    return per_task(seconds, len(graph))


def chain(client, size, rep):
    graph = {f"link-{rep}-0": (increment, 0)}
    for i in range(1, size):
        graph[f"link-{rep}-{i}"] = (increment, f"link-{rep}-{i - 1}")
    start = time.perf_counter()
    result = client.get(graph, f"link-{rep}-{size - 1}")
    seconds = time.perf_counter() - start
    assert result == size
    return per_task(seconds, size)


def rtt(client, size, _):
    microseconds = []
    for i in range(size):
        start = time.perf_counter()
        result = client.submit(increment, i, pure=False).result()
        microseconds.append((time.perf_counter() - start) * 1e6)
        assert result == i + 1
    microseconds.sort()
    return {"p50 us": microseconds[size // 2], "p99 us": microseconds[int(size * 0.99)]}


def start(saturation, size):
    begin = time.perf_counter()
    with Cluster(saturation, size):
        return {"ms": (time.perf_counter() - begin) * 1e3}


def result_of(x):
    return bytes(1999) + bytes([x % 256])


def retire(saturation, size):
    with Cluster(saturation, size) as client:
        results = client.map(result_of, range(2000), pure=False)
        wait(results)
        workers = list(client.scheduler_info()["workers"])
        begin = time.perf_counter()
        # By address, and not by scale(1) of a cluster, which loses the results.
        retired = client.retire_workers(workers=workers[1:], close_workers=True)
        milliseconds = (time.perf_counter() - begin) * 1e3
        assert len(retired) == size - 1
        assert [value[-1] for value in client.gather(results)] == [x % 256 for x in range(2000)]
        return {"ms": milliseconds}


def main():
    test, size, reps, saturation = globals()[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    if test in (start, retire):
        for _ in range(reps):
            print(json.dumps(test(saturation, size)), flush=True)
        return
    with Cluster(saturation) as client:
        client.gather(client.map(increment, range(500), pure=False))
        for rep in range(reps):
            # Dask releases the futures of the repetition before in the background.
            gc.collect()
            time.sleep(1 + size / 50_000)
            print(json.dumps(test(client, size, rep)), flush=True)


if __name__ == "__main__":
    main()
