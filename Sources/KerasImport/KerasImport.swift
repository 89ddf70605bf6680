public import Models

/// A model that was read from another framework's files.
public struct KerasImportResult: Sendable, Equatable {
  /// The model.
  public var model: ModelDescription
  /// What the files did not say and was taken to be so; also part of `model.about.description`.
  public let assumptions: [KerasAssumption]

  init(model: ModelDescription, assumptions: [KerasAssumption]) {
    self.model = model
    self.assumptions = assumptions
    describe(calling: \.scriptName)
  }

  /// The same result, its model described with each option called as the caller calls it.
  public func described(calling name: (KerasOption) -> String) -> KerasImportResult {
    var result = self
    result.describe(calling: name)
    return result
  }

  private mutating func describe(calling name: (KerasOption) -> String) {
    guard !assumptions.isEmpty else { return }
    model.about.description =
      "Taken to be so: " + assumptions.map { $0.words(calling: name) }.joined(separator: "; ") + "."
  }
}

/// Reads latent-variable models that were saved by Keras 1, 2 and 3 (docs/keras.md).
public enum KerasImport {
  /// Reads a model.
  ///
  /// - Parameters:
  ///   - files: Encoder and decoder, in one file or two: `.h5`, `.weights.h5` or `.keras`. Files with weights only are
  ///     completed by JSON files among them: that of `model.to_json()`, or a short description.
  ///   - options: What the files do not say.
  /// - Throws: `ImportError`; `HDF5Error` for HDF5 files that can't be read.
  public static func read(files: [String], options: KerasImportOptions = KerasImportOptions()) throws
    -> KerasImportResult
  {
    guard !files.isEmpty else { throw ImportError(.noSuchFile, file: "", "no file was given") }
    return try read(files.map { try KerasFile(path: $0) }, options)
  }

  static func read(_ opened: [KerasFile], _ options: KerasImportOptions) throws -> KerasImportResult {
    let sources = try KerasSources(opened, options)
    var notes = sources.notes
    let roles = try KerasRoles(sources, notes: &notes)
    switch roles {
    case .whole(let unit): try KerasObstacles(units: [unit]).check()
    case .pair(let encoder, let decoder): try KerasObstacles(units: [encoder, decoder]).check()
    }
    var assembly = KerasAssembly(sources.options, described: sources.described)
    switch roles {
    case .whole(let unit): try assembly.addWhole(unit)
    case .pair(let encoder, let decoder): try assembly.addPair(encoder: encoder, decoder: decoder)
    }
    var model = try assembly.model()
    notes += assembly.notes
    let versions = Set(opened.compactMap(\.version)).sorted()
    let names = opened.map { $0.path.split(separator: "/").last.map(String.init) ?? $0.path }
    model.about.name = options.name ?? opened[0].stem
    model.about.source =
      (["Keras"] + versions).joined(separator: " ") + ": " + names.joined(separator: ", ")
    return KerasImportResult(model: model, assumptions: notes)
  }
}
