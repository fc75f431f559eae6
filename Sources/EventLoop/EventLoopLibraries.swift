internal import CLibUV

/// The C library under the loops.
public enum EventLoopLibraries {
  /// Name and version of what is linked, for `--version`.
  public static var descriptions: [String] {
    ["libuv \(String(cString: uv_version_string()))"]
  }
}
