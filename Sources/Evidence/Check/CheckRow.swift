/// The brackets of one simulated example: of the estimator that is checked, and of importance sampling from the encoder.
///
/// As rows of a results file a check can be gone on with, and the rows of shards put together give the bits of one check.
public struct CheckRow: ResultRow, TimedMeasurement {
  /// The example's number among those simulated.
  public var index: Int {
    get { checked.lower.index }
    set { (checked.lower.index, plain.lower.index) = (newValue, newValue) }
  }
  /// By the estimator that is checked.
  public var checked: Bracket
  /// By importance sampling from the encoder.
  public var plain: Bracket

  /// Seconds that a thread took for both.
  public var seconds: Double {
    get { checked.lower.seconds }
    set { checked.lower.seconds = newValue }
  }

  /// A row of an example, to be filled in.
  public init(index: Int) {
    self.init(checked: Bracket(index: index), plain: Bracket(index: index))
  }

  init(checked: Bracket, plain: Bracket) {
    (self.checked, self.plain) = (checked, plain)
  }

  /// The columns of the estimator are those of `evidence nll`, with the upper end in `upper`; those of importance sampling
  /// are called `plain_` and the same.
  public static var columns: [ResultColumn<CheckRow>] {
    let measured = LogLikelihoodMeasurement.columns
    return measured.map { $0.inside(\.checked.lower) } + [.number("upper", \.checked.upper)]
      + measured.filter { $0.name != "seconds" }.map { $0.inside(\.plain.lower, prefix: "plain_") }
      + [.number("plain_upper", \.plain.upper)]
  }
}

/// What a check found.
public struct CheckSummary: Sendable {
  /// The bracket of the estimator that was checked.
  public var checked: BracketSummary
  /// That of importance sampling from the encoder.
  public var plain: BracketSummary
}

/// Gathers the brackets of a check.
public struct CheckAccumulator: MeasurementAccumulator {
  private var checked: BracketAccumulator
  private var plain: BracketAccumulator

  init(_ checked: LogLikelihoodAccumulator, _ plain: LogLikelihoodAccumulator) {
    (self.checked, self.plain) = (BracketAccumulator(checked), BracketAccumulator(plain))
  }

  /// Adds the brackets of the next example.
  public mutating func add(_ row: CheckRow) {
    checked.add(row.checked)
    plain.add(row.plain)
  }

  /// Adds those of later examples.
  public mutating func merge(_ other: CheckAccumulator) {
    checked.merge(other.checked)
    plain.merge(other.plain)
  }

  /// Both brackets.
  ///
  /// - Throws: `EvidenceError` (`invalidData`) without rows.
  public func summary() throws -> CheckSummary {
    CheckSummary(checked: try checked.summary(), plain: try plain.summary())
  }
}
