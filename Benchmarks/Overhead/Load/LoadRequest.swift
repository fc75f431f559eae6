/// The bytes of a request as OpenAI's Python client sends it.
enum LoadRequest {
  /// A chat request whose body has about `bodyBytes` bytes, at least what JSON needs.
  ///
  /// With a `stream`, it asks for so many events, one every so many milliseconds (which a
  /// `CannedBackend` understands; a simulated engine has its own step time).
  static func chat(
    bodyBytes: Int, stream: (events: Int, milliseconds: Int)? = nil
  ) -> [UInt8] {
    var start = #"{"model":"tiny","messages":[{"role":"user","content":""#
    var end = #""}],"temperature":0,"max_tokens":"#
    if let stream {
      end += #"\#(stream.events),"seed":\#(stream.milliseconds),"ignore_eos":true,"stream":true}"#
    } else {
      end += "16}"
    }
    let missing = max(1, bodyBytes - start.utf8.count - end.utf8.count)
    let words = "the quick brown fox jumps over the lazy dog and "
    start += String(String(repeating: words, count: missing / words.utf8.count + 1).prefix(missing))
    let body = start + end
    return Array((head(contentLength: body.utf8.count) + body).utf8)
  }

  private static func head(contentLength: Int) -> String {
    """
    POST /v1/chat/completions HTTP/1.1\r
    Host: 127.0.0.1:8000\r
    Accept: application/json\r
    Accept-Encoding: gzip, deflate\r
    Connection: keep-alive\r
    User-Agent: OpenAI/Python 1.99.9\r
    X-Stainless-Lang: python\r
    X-Stainless-Package-Version: 1.99.9\r
    X-Stainless-OS: Linux\r
    X-Stainless-Arch: x64\r
    X-Stainless-Runtime: CPython\r
    X-Stainless-Runtime-Version: 3.12.3\r
    Authorization: Bearer sk-0123456789abcdef0123456789abcdef\r
    X-Stainless-Async: false\r
    x-stainless-retry-count: 0\r
    x-stainless-read-timeout: 600\r
    Content-Type: application/json\r
    Content-Length: \(contentLength)\r
    \r

    """
  }
}
