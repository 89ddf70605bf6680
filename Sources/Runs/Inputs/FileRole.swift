package import Evidence

/// What a file is given to a run as.
package enum FileRole: Sendable {
  case model, data, results, keras

  /// Refuses a file that is of a known kind and not of the wanted one. What is not known is left to its reader.
  ///
  /// - Throws: `RunError.wrongKind`.
  package func check(_ path: String) throws {
    let kind = try FileKind(of: path)
    if !takes(kind) { throw RunError.wrongKind(path: path, kind, self) }
  }

  /// Refuses a model and data that were given in each other's place.
  ///
  /// - Throws: `RunError.exchanged`.
  package static func checkOrder(model: String, data: String) throws {
    // A file that is not there is its reader's to say.
    guard let given = try? FileKind(of: model), given != .model, (try? FileKind(of: data)) == .model else { return }
    throw RunError.exchanged(model: model, data: data)
  }

  /// Whether a file of a kind may be what is wanted.
  package func takes(_ kind: FileKind) -> Bool {
    switch (kind, self) {
    case (.model, .model), (.results, .results), (.keras, .keras), (.json, .keras), (.numpyArray, .data),
      (.numpyArchive, .data), (.hdf5, _), (.unknown, _), (.empty, _):
      true
    default: false
    }
  }
}
