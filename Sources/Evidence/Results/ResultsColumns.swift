/// The columns of a results file beside the curve, in the order of a journal's record.
enum ResultsColumns {
  /// A column of whole numbers.
  struct Count: Sendable {
    let name: String
    let path: WritableKeyPath<LogLikelihoodMeasurement, Int> & Sendable
    /// Whether a file without it is a results file.
    let isOptional: Bool
  }

  /// A column of float64.
  struct Number: Sendable {
    let name: String
    let path: WritableKeyPath<LogLikelihoodMeasurement, Double> & Sendable
    /// Whether a file without it is a results file.
    let isOptional: Bool
  }

  static let group = "examples"
  static let curve = "curve"

  static let counts = [
    Count(name: "index", path: \.index, isOptional: false),
    Count(name: "zero_weights", path: \.zeroWeights, isOptional: true),
    Count(name: "non_finite_weights", path: \.nonFiniteWeights, isOptional: true),
  ]

  static let numbers = [
    Number(name: "log_likelihood", path: \.logLikelihood, isOptional: false),
    Number(name: "elbo", path: \.elbo, isOptional: false),
    Number(name: "monte_carlo_standard_error", path: \.monteCarloStandardError, isOptional: false),
    Number(name: "effective_sample_size", path: \.effectiveSampleSize, isOptional: false),
    Number(name: "largest_weight_share", path: \.largestWeightShare, isOptional: false),
    Number(name: "pareto_k", path: \.paretoK, isOptional: false),
    Number(name: "kl_posterior", path: \.posteriorDivergence, isOptional: true),
  ]

  /// Words of 64 bits in a row.
  static func width(curve points: Int) -> Int { counts.count + numbers.count + points }

  /// Appends the words of a row, which are its values' bits.
  static func encode(_ row: LogLikelihoodMeasurement, into words: inout [UInt64]) {
    for column in counts { words.append(UInt64(bitPattern: Int64(row[keyPath: column.path]))) }
    for column in numbers { words.append(row[keyPath: column.path].bitPattern) }
    for value in row.curve { words.append(value.bitPattern) }
  }

  /// The row that words were made of.
  static func decode(_ words: ArraySlice<UInt64>) -> LogLikelihoodMeasurement {
    var row = LogLikelihoodMeasurement(index: 0, logLikelihood: 0, elbo: 0, monteCarloStandardError: 0)
    var position = words.startIndex
    for column in counts {
      row[keyPath: column.path] = Int(Int64(bitPattern: words[position]))
      position += 1
    }
    for column in numbers {
      row[keyPath: column.path] = Double(bitPattern: words[position])
      position += 1
    }
    row.curve = words[position...].map { Double(bitPattern: $0) }
    return row
  }
}
