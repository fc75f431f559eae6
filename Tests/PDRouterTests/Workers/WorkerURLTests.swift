import Testing
import Vocabulary

@testable import PDRouter

struct WorkerURLTests {
  @Test(arguments: [
    ("http://10.0.0.1:8000", "10.0.0.1", 8000, "", "http://10.0.0.1:8000"),
    ("http://engine", "engine", 80, "", "http://engine"),
    ("HTTP://Engine.local:1/", "Engine.local", 1, "", "http://Engine.local:1"),
    ("http://h:65535/a/b//", "h", 65535, "/a/b", "http://h:65535/a/b"),
    ("http://[::1]:9000/x", "::1", 9000, "/x", "http://[::1]:9000/x"),
    ("http://[fe80::1%25eth0]", "fe80::1%25eth0", 80, "", "http://[fe80::1%25eth0]"),
    ("https://engine", "engine", 443, "", "https://engine"),
    ("HTTPS://engine:8443/v", "engine", 8443, "/v", "https://engine:8443/v"),
    ("h2c://engine", "engine", 80, "", "h2c://engine"),
    ("H2C://[::1]:9000/x/", "::1", 9000, "/x", "h2c://[::1]:9000/x"),
    ("http://vllm_decode-0:8100", "vllm_decode-0", 8100, "", "http://vllm_decode-0:8100"),
  ])
  func `a worker's URL is taken apart`(
    text: String, host: String, port: Int, prefix: String, name: String
  ) throws {
    let url = try WorkerURL(text)
    #expect(url.peer == HostAndPort(host: host, port: UInt16(port)))
    #expect(url.pathPrefix == prefix)
    #expect(url.text == name && "\(url)" == name)
  }

  @Test(arguments: [
    "", "engine:8000", "http:/engine", "grpc://engine:1", "h2://engine:1", "http://", "h2c://",
    "http://:80", "http:///path", "http://h:0", "http://h:65536", "http://h:", "http://h:x",
    "http://h:+80", "http://h:8 0", "http://user@h:80", "http://h?x=1",
    "http://h/#top", "http://[::1", "http://[::1]x", "http://[]:80", "http://[::1]]:80",
    "http://a\"b:80", "http://a\r\nx: y", "http://a b", "http://h/a\"b", "http://h/a\nb",
    "http://h/{x}", "http://hö:80", "http://h\\x:80", "http://[::1\"]:80", "http://::1:80",
  ])
  func `what is no worker's URL is refused with the text in the message`(text: String) {
    let fault = #expect(throws: WorkerURL.Fault.self) { try WorkerURL(text) }
    #expect(fault?.message.contains("'\(text)'") == true)
  }

  @Test func `a URL with and without a trailing slash is the same worker`() throws {
    #expect(try WorkerURL("http://h:1/") == WorkerURL("http://h:1"))
    let registry = WorkerRegistry()
    #expect(registry.add(try WorkerURL("http://h:1/"), role: .both) != nil)
    #expect(registry.add(try WorkerURL("http://h:1"), role: .both) == nil)
    #expect(registry.add(try WorkerURL("http://h:1"), role: .decode) != nil)
    #expect(registry.workers.map(\.id.number) == [0, 1])
  }

  @Test(arguments: [
    ("http://10.0.0.1:8000@0", 0, "", "http://10.0.0.1:8000@0", "http://10.0.0.1:8000"),
    ("http://h@3", 3, "", "http://h@3", "http://h"),
    ("HTTP://h:1@65535", 65535, "", "http://h:1@65535", "http://h:1"),
    ("http://h:1/a/b/@7", 7, "/a/b", "http://h:1/a/b@7", "http://h:1/a/b"),
    ("http://h:1/%40x@2", 2, "/%40x", "http://h:1/%40x@2", "http://h:1/%40x"),
    ("http://[::1]:9000@12", 12, "", "http://[::1]:9000@12", "http://[::1]:9000"),
    ("http://[fe80::1%25eth0]@1", 1, "", "http://[fe80::1%25eth0]@1", "http://[fe80::1%25eth0]"),
    ("http://h:1@007", 7, "", "http://h:1@7", "http://h:1"),
  ])
  func `a rank stands at the end, and the engine's URL is what is before it`(
    text: String, rank: Int, prefix: String, name: String, base: String
  ) throws {
    let url = try WorkerURL(text)
    #expect(url.rank == rank && url.pathPrefix == prefix && url.text == name)
    #expect(url.base == (try WorkerURL(base)) && url.base.rank == nil && url.base.base == url.base)
    #expect(url.base.peer == url.peer && url.base.pathPrefix == prefix)
    #expect(url.base.ranked(rank) == url && url != url.base)
    #expect(url.onPort(9).rank == nil)
  }

  @Test(arguments: [
    "http://h:1@", "http://h:1@x", "http://h:1@-1", "http://h:1@+1", "http://h:1@65536",
    "http://h:1@1@2", "http://h@1:80", "http://h:1@1/x", "http://h:1@1/", "http://h:1@ 1",
    "http://@1", "http://u:p@h:1", "http://u@h", "http://h:1@99999999999999999999", "http://h:1@१",
    "http://h:1/@x", "http://h:1@1.0", "http://[::1@2]:80",
  ])
  func `a rank that is none is refused with the text in the message`(text: String) {
    let fault = #expect(throws: WorkerURL.Fault.self) { try WorkerURL(text) }
    #expect(fault?.message.contains("'\(text)'") == true)
  }

  @Test(arguments: [
    ("http://h:1", "http://h:1", true, true), ("http://h:1@1", "http://h:1", true, true),
    ("http://h:1", "http://h:1@1", false, true), ("http://h:1@1", "http://h:1@1", true, true),
    ("http://h:1@1", "http://h:1@2", false, false), ("http://h:1@1", "http://h:2", false, false),
    ("http://h:1/a@1", "http://h:1", false, false),
  ])
  func `an engine's URL names all its ranks, and a rank itself`(
    worker: String, name: String, isNamed: Bool, overlaps: Bool
  ) throws {
    let (worker, name) = (try WorkerURL(worker), try WorkerURL(name))
    #expect(worker.isNamed(by: name) == isNamed)
    #expect(worker.overlaps(name) == overlaps && name.overlaps(worker) == overlaps)
  }

  @Test func `another server of the same host is named without the worker's path`() throws {
    #expect(try WorkerURL("http://h:1/a/b").onPort(8998).text == "http://h:8998")
    let literal = try WorkerURL("http://[::1]:1").onPort(8998)
    #expect(try literal == WorkerURL("http://[::1]:8998"))
  }
}
