internal import CLibUV
internal import Glibc

/// The names of libuv's and the system's error numbers, as `StreamError` carries them.
enum UVError {
  /// The name of a negative libuv status (`ECONNREFUSED`, `EAI_NONAME`).
  static func name(_ status: Int32) -> String {
    guard let name = uv_err_name(status) else { return "UNKNOWN" }
    return String(cString: name)
  }

  /// The name of a positive `errno`.
  static func name(errno number: Int32) -> String {
    name(uv_translate_sys_error(number))
  }

  /// The name of what `getaddrinfo` returned.
  static func name(resolver status: Int32) -> String {
    switch status {
    case EAI_NONAME: "EAI_NONAME"
    case EAI_AGAIN: "EAI_AGAIN"
    case EAI_FAIL: "EAI_FAIL"
    case EAI_MEMORY: "EAI_MEMORY"
    case EAI_FAMILY: "EAI_FAMILY"
    default: "EAI_\(status)"
    }
  }
}
