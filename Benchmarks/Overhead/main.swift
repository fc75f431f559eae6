// One call: top-level code is isolated to the main actor, which loops must not be.
runBenchmark()
