import Synchronization

/// Tells whoever evaluates, while it goes on, whether grey data have met a Bernoulli likelihood.
public final class EvaluationWatch: Sendable {
  private let state = Mutex<Bool?>(nil)

  /// Nothing seen.
  public init() {}

  /// Whether grey data have met a Bernoulli likelihood so far; nil before an evaluation began.
  public internal(set) var isCrossEntropy: Bool? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
