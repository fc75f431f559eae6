import Dispatch
import EventLoop
import Glibc
import Logging
import Synchronization
import Testing
import Vocabulary

@testable import LogLines

struct LogSinkTests {
  private let noFields = UnsafeRawBufferPointer(start: nil, count: 0)

  @Test func `lines of several threads are all written, each thread's in order`() {
    let pipe = Pipe()
    let sink = LogSink.start(to: [LogDescriptor(pipe.write)], clock: { UTCTime(milliseconds: 0) })
    let threads = (0..<4).map { thread in
      LoopThread.start(name: "writer") { _ in
        for number in 0..<100 {
          var fields = LogFields(.text)
          fields.add("thread", number: thread)
          fields.add("number", number: number)
          sink.write(.info, "line", fields.bytes)
        }
      }
    }
    for thread in threads { thread.join() }
    sink.close()
    let lines = String(decoding: pipe.drain(), as: UTF8.self).split(separator: "\n")
    #expect(lines.count == 400)
    for thread in 0..<4 {
      let own = lines.filter { $0.contains("thread=\(thread) ") }
      #expect(
        own
          == (0..<100).map {
            "1970-01-01T00:00:00.000Z INFO line thread=\(thread) number=\($0)"
          })
    }
    #expect(sink.droppedLines == 0)
  }

  @Test func `while the reader is stuck lines wait, then are dropped and counted; nobody blocks`() {
    let pipe = Pipe()
    let sink = LogSink.start(to: [LogDescriptor(pipe.write)], limit: 200_000)
    // A pipe takes 64 KiB; the writing thread hangs with what it had gathered.
    let padding = String(repeating: "x", count: 1000)
    let count = 2000
    for number in 0..<count {
      var fields = LogFields(.text)
      fields.add("number", number: number)
      fields.add("padding", padding)
      sink.write(.info, "line", fields.bytes)
    }
    let dropped = sink.droppedLines
    #expect(dropped > 0 && dropped < count)
    sink.close(within: .milliseconds(50))
    let ended = DispatchSemaphore(value: 0)
    let text = Mutex("")
    let reader = LoopThread.start(name: "reader") { _ in
      var bytes: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 65_536)
      while bytes.count(where: { $0 == 0x0A }) < count - dropped {
        let count = Glibc.read(pipe.read, &piece, piece.count)
        guard count > 0 else { break }
        bytes += piece[..<count]
      }
      text.withLock { $0 = String(decoding: bytes, as: UTF8.self) }
      ended.signal()
    }
    #expect(ended.wait(timeout: .now() + 20) == .success)
    reader.join()
    let lines = text.withLock { $0 }.split(separator: "\n")
    #expect(lines.count == count - dropped)
    #expect(lines.allSatisfy { $0.hasSuffix(padding) })
  }

  @Test func `a descriptor that refuses lines loses them, and that is counted`() {
    let descriptor = open("/dev/full", O_WRONLY)
    let sink = LogSink.start(to: [LogDescriptor(descriptor)])
    for _ in 0..<10 { sink.write(.info, "line", noFields) }
    sink.close()
    #expect(sink.droppedLines == 10)
    close(descriptor)
  }

  @Test(arguments: LogFormat.allCases)
  func `a logger's records are lines with their metadata in order`(_ format: LogFormat) {
    let pipe = Pipe()
    let sink = LogSink.start(
      format, to: [LogDescriptor(pipe.write)], clock: { UTCTime(milliseconds: 0) })
    var logger = Logger(label: "x") { _ in LineLogHandler(sink: sink, level: .warning) }
    logger[metadataKey: "own"] = "a b"
    logger.info("not written")
    logger.warning("written", metadata: ["z": "1", "a": "2"])
    sink.close()
    #expect(
      String(decoding: pipe.drain(), as: UTF8.self)
        == (format == .text
          ? "1970-01-01T00:00:00.000Z WARNING written a=2 own=\"a b\" z=1\n"
          : #"{"ts":"1970-01-01T00:00:00.000Z","level":"warning","msg":"written","#
            + #""a":"2","own":"a b","z":"1"}"# + "\n"))
  }
}
