internal import Glibc
import Policies

/// Replays what the command line names by every policy and prints a table; exit code 2 when it
/// makes no sense.
func runReplay() {
  guard let command = ReplayCommand(arguments: CommandLine.arguments.dropFirst()) else {
    write(ReplayCommand.usage, to: STDERR_FILENO)
    exit(2)
  }
  let requests: [ReplayRequest]
  switch command.source {
  case .generated(let workload): requests = workload.requests()
  case .trace(let path):
    guard let read = ReplayTrace.read(path) else {
      write("\(path): not a trace in Mooncake's form\n", to: STDERR_FILENO)
      exit(2)
    }
    requests = read
  case nil: preconditionFailure("a command has a source")
  }
  let model = command.model
  let oracle = model.oracle(requests)
  write("\(requests.count) requests, oracle's hit rate \(fixed(oracle, 3))\n", to: STDOUT_FILENO)
  write(
    row(
      "policy", ["hit rate", "of oracle", "requests", "computed", "TTFT p50", "p99 s"]),
    to: STDOUT_FILENO)
  for name in PolicyName.allCases {
    let outcome = model.replay(requests, by: name)
    let cells = [
      fixed(outcome.hitRate, 3), fixed(oracle > 0 ? outcome.hitRate / oracle : 0, 3),
      fixed(outcome.requestSkew, 2), fixed(outcome.computeSkew, 2), fixed(outcome.wait(0.5), 2),
      fixed(outcome.wait(0.99), 2),
    ]
    write(row(name.rawValue, cells), to: STDOUT_FILENO)
  }
}

private func row(_ name: String, _ cells: [String]) -> String {
  let columns = cells.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
  return name + String(repeating: " ", count: max(1, 22 - name.count)) + columns.joined() + "\n"
}

/// `number` ≥ 0 with so many digits after the point.
private func fixed(_ number: Double, _ places: Int) -> String {
  precondition(number >= 0 && number.isFinite)
  let scale = places == 2 ? 100 : 1000
  let scaled = Int((number * Double(scale)).rounded())
  return "\(scaled / scale)." + String(scaled % scale + scale).dropFirst()
}

private func write(_ text: String, to descriptor: Int32) {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written > 0 else { return }
    rest = rest.dropFirst(written)
  }
}
