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
    "", "engine:8000", "http:/engine", "https://engine:1", "grpc://engine:1", "http://",
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

  @Test func `another server of the same host is named without the worker's path`() throws {
    #expect(try WorkerURL("http://h:1/a/b").onPort(8998).text == "http://h:8998")
    let literal = try WorkerURL("http://[::1]:1").onPort(8998)
    #expect(try literal == WorkerURL("http://[::1]:8998"))
  }
}
