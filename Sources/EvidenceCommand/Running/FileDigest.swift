/// What identifies a file in JSON and in results.
enum FileDigest {
  /// The SHA-256 of a file's bytes, in hexadecimal digits.
  static func sha256(of path: String) throws -> String { "" }
}
