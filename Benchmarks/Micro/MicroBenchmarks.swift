internal import Glibc

/// Every micro-benchmark: its name, the bytes one operation handles (0 where bytes make no sense),
/// and a function that does the operation so many times.
func allMicroBenchmarks() -> [MicroBenchmark] {
  let all =
    jsonFieldsBenchmarks() + wireBenchmarks() + policyBenchmarks() + pairBenchmarks()
    + prefixBenchmarks()
    + deciderBenchmarks() + kvTransferBenchmarks()
  return all.map { MicroBenchmark(name: $0.name, bytes: $0.bytes, run: $0.run) }
}

/// Does what the command line asks for; exit code 2 when it makes no sense.
func runMicroBenchmarks() {
  guard let command = MicroCommand(arguments: CommandLine.arguments.dropFirst()) else {
    write(MicroCommand.usage, to: STDERR_FILENO)
    exit(2)
  }
  let chosen = allMicroBenchmarks().filter { command.selects($0.name) }
  switch command.mode {
  case .measure(let rounds):
    write(MicroTable.head, to: STDOUT_FILENO)
    for benchmark in chosen {
      write(MicroTable.row(benchmark, benchmark.measure(rounds: rounds)), to: STDOUT_FILENO)
    }
  case .list:
    for benchmark in chosen { write("\(benchmark.bytes)\t\(benchmark.name)\n", to: STDOUT_FILENO) }
  case .repeatOnly(let iterations):
    for benchmark in chosen { benchmark.run(iterations) }
  }
}

private func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    rest = rest.dropFirst(written)
  }
}
