/// One of the options of an import, as errors and notes name it; `draft` is `KerasImport.draft`.
public enum KerasOption: String, Sendable, CaseIterable, CustomStringConvertible {
  /// As the property of `KerasImportOptions` of that name.
  case mean, logVariance, logScale, scale, splitHead, encoder, decoder, likelihood, inputShape, divideBy, draft

  /// What this module's texts call the option: `options.splitHead`.
  public var description: String { "options.\(rawValue)" }

  /// The options that name a scale.
  static var scales: String { "\(logVariance), \(logScale) or \(scale)" }
  /// The options that name the two models.
  static var models: String { "\(encoder) and \(decoder)" }

  /// A text of this module with every option called as the caller calls it.
  fileprivate static func renamed(in text: String, to name: (KerasOption) -> String) -> String {
    allCases.reduce(text) { $0.replacing($1.description, with: name($1)) }
  }
}

extension ImportError {
  /// The same error with every option called as the caller calls it: `error.namingOptions { "--\($0.rawValue)" }`.
  public func namingOptions(_ name: (KerasOption) -> String) -> ImportError {
    var error = self
    error.message = KerasOption.renamed(in: message, to: name)
    error.expected = expected.map { KerasOption.renamed(in: $0, to: name) }
    error.found = found.map { KerasOption.renamed(in: $0, to: name) }
    return error
  }
}

extension KerasImportResult {
  /// The same result with every option called as the caller calls it.
  public func namingOptions(_ name: (KerasOption) -> String) -> KerasImportResult {
    var result = self
    result.assumptions = assumptions.map { KerasOption.renamed(in: $0, to: name) }
    result.model.about.description = model.about.description.map { KerasOption.renamed(in: $0, to: name) }
    return result
  }
}
