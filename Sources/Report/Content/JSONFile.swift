import Evidence
package import Foundation

/// What a command printed for programs, read back.
protocol PrintedFile: Decodable {
  /// The command that prints such files.
  static var printer: String { get }
  /// The command that printed this one.
  var command: String { get }
}

extension PrintedFile {
  /// Reads the bytes of a file.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) where they are something else.
  static func decoded(_ bytes: Data, path: String) throws -> Self {
    let file: Self
    do { file = try JSONDecoder().decode(Self.self, from: bytes) } catch let error as DecodingError {
      throw EvidenceError(.invalidData, "\(path): not the output of \(printer): \(JSONFile.words(error))")
    }
    guard file.command == printer else {
      throw EvidenceError(.invalidData, "\(path): the output of `evidence \(file.command)`, not of \(printer)")
    }
    return file
  }
}

/// A file that a command printed as JSON.
package enum JSONFile {
  private struct Head: Decodable {
    var command: String?
  }

  /// The command that printed it, where it says so.
  package static func command(_ bytes: Data) -> String? { try? JSONDecoder().decode(Head.self, from: bytes).command }

  /// What is wrong with a file, in words.
  static func words(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.isEmpty ? "" : path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: "/") + ": "
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context.codingPath))there is no \"\(key.stringValue)\""
    case .typeMismatch(let type, let context): return "\(place(context.codingPath))expected \(type)"
    case .valueNotFound(let type, let context): return "\(place(context.codingPath))expected \(type), found null"
    case .dataCorrupted(let context): return place(context.codingPath) + "not JSON"
    @unknown default: return "not JSON"
    }
  }
}
