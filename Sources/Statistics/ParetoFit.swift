/// Pareto k̂, or why there is none.
public enum ParetoFit: Sendable, Equatable {
  /// The fitted shape k̂.
  case shape(Double)
  /// There is no k̂.
  case undefined(Reason)

  /// Why a tail has no k̂.
  public enum Reason: String, Sendable, CaseIterable {
    /// There are too few draws for a tail of five: 20 or fewer.
    case tooFewDraws = "too few draws (more than 20 are needed)"
    /// Because of ties or zero weights fewer than five weights lie above the cutoff.
    case tooFewAboveCutoff = "fewer than five weights above the cutoff"
    /// The weights of the tail are equal to within rounding: nothing is wrong, and nothing is there to fit.
    case constantTail = "the largest weights are all equal"
    /// Every weight is zero.
    case allZero = "every weight is zero"
    /// A weight is infinite or NaN.
    case notFinite = "a weight is infinite or NaN"
  }

  /// k̂, where it is defined.
  public var shape: Double? {
    if case .shape(let shape) = self { return shape }
    return nil
  }

  /// Why k̂ is not defined, where it is not.
  public var reason: Reason? {
    if case .undefined(let reason) = self { return reason }
    return nil
  }
}
