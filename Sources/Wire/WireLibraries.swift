internal import CNGHTTP2
internal import COpenSSL

/// Which C libraries the program runs with, for `--version` and logs.
public enum WireLibraries {
  /// Name and version of each library as loaded now, such as `nghttp2 1.52.0`.
  public static var descriptions: [String] {
    [
      "nghttp2 " + text(nghttp2_version(0)?.pointee.version_str),
      "OpenSSL " + text(OpenSSL_version(OPENSSL_VERSION_STRING)),
    ]
  }

  private static func text(_ bytes: UnsafePointer<CChar>?) -> String {
    bytes.map { String(cString: $0) } ?? "unknown"
  }
}
