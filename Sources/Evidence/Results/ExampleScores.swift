import Statistics

/// What a comparison needs of every example: its estimate, and how sure that is. In the order of the dataset.
public struct ExampleScores: Sendable {
  /// Numbers of the examples.
  public private(set) var indices: [Int] = []
  /// Their estimates, in nats.
  public private(set) var values: [Double] = []
  /// Standard errors over draws.
  public private(set) var errors: [Double] = []
  /// Whether k̂ is past its threshold, so that the error can't be trusted.
  public private(set) var isUnreliable: [Bool] = []

  private let threshold: Double

  /// None yet, of estimates by so many draws.
  public init(samples: Int) { threshold = DiagnosticThresholds.paretoShape(samples: max(1, samples)) }

  /// The rows of a results file.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where they are not in the order of the dataset, `HDF5Error` where the file
  ///   can't be read.
  public init(reading file: ResultsFile) throws {
    self.init(samples: file.settings.samples)
    var rows = try file.stream(of: LogLikelihoodMeasurement.self)
    while let row = try rows.next() {
      if let last = indices.last, row.index <= last {
        throw EvidenceError(
          .invalidResults, "\(file.path): /examples/index: expected more than \(last) after it, found \(row.index)")
      }
      add(row)
    }
  }

  /// Adds an example.
  public mutating func add(_ row: LogLikelihoodMeasurement) {
    indices.append(row.index)
    values.append(row.logLikelihood)
    errors.append(row.monteCarloStandardError)
    isUnreliable.append(row.paretoK > threshold)
  }

  /// The row of a position, as far as it is kept.
  func row(_ position: Int) -> LogLikelihoodMeasurement {
    LogLikelihoodMeasurement(
      index: indices[position], logLikelihood: values[position], elbo: .nan,
      monteCarloStandardError: errors[position])
  }
}
