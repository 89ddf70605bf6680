/// L_K of one example in one pass of an ablation, as a row of a results file: from its rows an ablation that was stopped is
/// gone on with.
public struct AblationRow: ResultRow {
  /// The number of the evaluation, from 0: pass by pass, each over its examples.
  public var index: Int
  /// The pass: 0 the whole model, then one for each smaller model, in the order of `AblationSummary`.
  public var pass = 0
  /// The example's number in the dataset.
  public var example = 0
  /// L_K, in nats.
  public var logLikelihood = Double.nan
  /// Its standard error over other draws.
  public var monteCarloStandardError = Double.nan

  /// A row of an evaluation, to be filled in.
  public init(index: Int) { self.index = index }

  init(index: Int, pass: Int, _ measurement: LogLikelihoodMeasurement) {
    self.init(index: index)
    self.pass = pass
    example = measurement.index
    logLikelihood = measurement.logLikelihood
    monteCarloStandardError = measurement.monteCarloStandardError
  }

  /// The columns of docs/results-file.md.
  public static var columns: [ResultColumn<AblationRow>] {
    [
      .count("pass", \.pass), .count("example", \.example), .number("log_likelihood", \.logLikelihood),
      .number("monte_carlo_standard_error", \.monteCarloStandardError),
    ]
  }

  /// The measurement that the row was made of, as far as an ablation looks at it.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where the row is of another pass or example.
  func measurement(pass: Int, example: Int) throws -> LogLikelihoodMeasurement {
    guard self.pass == pass, self.example == example else {
      throw EvidenceError(
        .invalidResults,
        "row \(index) of the ablation: expected pass \(pass), example \(example), found pass \(self.pass), "
          + "example \(self.example)")
    }
    var measurement = LogLikelihoodMeasurement(index: example)
    measurement.logLikelihood = logLikelihood
    measurement.monteCarloStandardError = monteCarloStandardError
    return measurement
  }
}
