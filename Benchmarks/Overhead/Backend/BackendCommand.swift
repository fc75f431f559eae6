internal import ArgumentParser
internal import EventLoop
internal import Vocabulary

/// `OverheadBenchmark backend`: fixed answers at the least cost, on one or several ports.
struct BackendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backend",
    abstract: "Answers every request at once with fixed bytes; prints its addresses.",
    discussion: """
      A POST whose body asks for "do_remote_decode":true gets KV transfer parameters, one with \
      "stream":true gets "max_tokens" events, one every "seed" milliseconds; any other POST gets \
      a whole answer.
      """)

  @Option(help: "Address to listen on.")
  var host = "127.0.0.1"

  @Option(help: "First port; 0 takes free ones.")
  var port: UInt16 = 0

  @Option(help: "How many ports to listen on.")
  var ports: UInt16 = 1

  @Option(help: "Bytes of the body of a whole answer.")
  var answerBytes = 512

  @Option(help: "Bytes of an event of a stream.")
  var eventBytes = 220

  func run() throws {
    let loop = LibUVLoop()
    let answers = CannedAnswers(answerBytes: answerBytes, eventBytes: eventBytes)
    let backend = CannedBackend(answers: answers)
    for number in 0..<ports {
      let listen = HostAndPort(host: host, port: port == 0 ? 0 : port + number)
      let bound = try backend.listen(on: listen, loop: loop)
      StandardOutput.write("backend on http://\(bound)\n")
    }
    loop.run()
  }

  func validate() throws {
    guard ports > 0, answerBytes > 0, eventBytes > 0, port == 0 || UInt16.max - port >= ports
    else { throw ValidationError("Sizes and numbers must be greater than 0, ports in range.") }
  }
}
