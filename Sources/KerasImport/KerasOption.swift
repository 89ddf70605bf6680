/// One of the options of an import, as errors and notes name it.
public enum KerasOption: String, Sendable, CaseIterable, CustomStringConvertible {
  /// As the property of `KerasImportOptions` of that name.
  case mean, logVariance, logScale, scale, splitHead, encoder, decoder, likelihood, inputShape, divideBy

  /// What an option is called: `options.splitHead`, unless a caller has names of its own.
  ///
  ///     try KerasOption.$spelling.withValue({ "--\($0.rawValue)" }) { try KerasImport.read(files: files) }
  @TaskLocal public static var spelling: @Sendable (KerasOption) -> String = { "options.\($0.rawValue)" }

  /// The option as whoever imports calls it.
  public var description: String { Self.spelling(self) }

  /// The options that name a scale.
  static var scales: String { "\(logVariance), \(logScale) or \(scale)" }
  /// The options that name the two models.
  static var models: String { "\(encoder) and \(decoder)" }
}
