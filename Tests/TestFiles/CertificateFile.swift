/// Where the certificates of `Tests/Certificates` lie.
package enum CertificateFile {
  /// The path of one of its files, by its name with the ending.
  package static func path(_ name: String) -> String {
    let here = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return "/\(here)/Certificates/\(name)"
  }
}
