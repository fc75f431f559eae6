import Testing

@testable import PDRouter

struct ValidationURLTests {
  @Test(arguments: [
    ("http://auth:81/v1/check?x=1&y=http://z", "auth:81", "/v1/check?x=1&y=http://z"),
    ("http://auth", "auth:80", "/"), ("HTTP://auth/", "auth:80", "/"),
    ("http://auth/a/", "auth:80", "/a/"), ("http://auth?x", "auth:80", "/?x"),
    ("http://[::1]:9/a@b", "[::1]:9", "/a@b"),
    ("https://auth/check", "auth:443", "/check"), ("HTTPS://auth:8443", "auth:8443", "/"),
  ])
  func `path and query are asked for as they are written`(
    text: String, server: String, target: String
  ) throws {
    let url = try ValidationURL(text)
    #expect("\(url.server.peer)" == server && url.target == target)
  }

  @Test(arguments: [
    ("ftp://auth/", "http://"), ("h2c+tls://auth/", "http://"),
    ("auth/check", "starts with http://"), ("http://", "host"), ("http://a:0/", "port"),
    ("http://user@auth/", "no user"), ("http://auth/a b", "characters"),
    ("http://auth/#x", "characters"), ("http://auth/\u{E4}", "characters"),
  ])
  func `anything else is refused, with the reason`(text: String, reason: String) {
    do throws(WorkerURL.Fault) {
      _ = try ValidationURL(text)
      Issue.record("\(text) was taken")
    } catch {
      #expect(error.message.contains(reason))
    }
  }
}
