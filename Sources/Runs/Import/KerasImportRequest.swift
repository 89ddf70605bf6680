package import KerasImport

/// The import of a model of Keras, as it is asked for.
package struct KerasImportRequest: Sendable {
  /// What Keras saved, and JSON that completes it.
  package let files: [String]
  /// The model, or the description, to write.
  package let output: String
  /// Whether a file that is there is replaced.
  package let replaces: Bool
  /// What the files do not say.
  package let options: KerasImportOptions

  package init(files: [String], output: String, replaces: Bool, options: KerasImportOptions) {
    self.files = files
    self.output = output
    self.replaces = replaces
    self.options = options
  }
}
