/// The values that a likelihood is defined for.
public enum Support: Sendable, Equatable {
  /// Every real number.
  case reals
  /// [0, 1]: binary data, or grey data read as probabilities or bins.
  case unitInterval
  /// (0, 1).
  case openUnitInterval
  /// 0 … classes − 1.
  case classes(Int)
  /// 0 and 1, in runs with one 1 each.
  case oneHot
  /// 0, 1, 2, …
  case counts

  /// Whether a value belongs to the support.
  public func contains(_ value: Float) -> Bool {
    switch self {
    case .reals: value.isFinite
    case .unitInterval: value >= 0 && value <= 1
    case .openUnitInterval: value > 0 && value < 1
    case .classes(let count): value >= 0 && value < Float(count) && value == value.rounded()
    case .oneHot: value == 0 || value == 1
    case .counts: value >= 0 && value.isFinite && value == value.rounded()
    }
  }

  /// The same for a value that was not rounded to a float.
  func contains(_ value: Double) -> Bool {
    switch self {
    case .reals: value.isFinite
    case .unitInterval: value >= 0 && value <= 1
    case .openUnitInterval: value > 0 && value < 1
    case .classes(let count): value >= 0 && value < Double(count) && value == value.rounded()
    case .oneHot: value == 0 || value == 1
    case .counts: value >= 0 && value.isFinite && value == value.rounded()
    }
  }

  var words: String {
    switch self {
    case .reals: "finite numbers"
    case .unitInterval: "values in [0, 1]"
    case .openUnitInterval: "values strictly between 0 and 1"
    case .classes(let count): "classes 0 … \(count - 1)"
    case .oneHot: "0 and 1, one-hot along the last axis"
    case .counts: "counts 0, 1, 2, …"
    }
  }
}
