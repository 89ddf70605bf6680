import Synchronization

/// A flag that stops an evaluation: workers look at it between chunks of draws.
public final class Cancellation: Sendable {
  private final class Moment: Sendable {
    let instant = ContinuousClock.now
  }
  private let moment = AtomicLazyReference<Moment>()
  private let parent: Cancellation?

  /// Not cancelled.
  public init() { parent = nil }

  /// Cancelled with its parent, or alone.
  init(parent: Cancellation) { self.parent = parent }

  /// Stops the evaluation. What was finished is kept.
  public func cancel() { _ = moment.storeIfNil(Moment()) }

  /// Whether `cancel` was called at least so long ago.
  func isCancelled(since duration: Duration) -> Bool {
    if let moment = moment.load(), moment.instant.duration(to: .now) >= duration { return true }
    return parent?.isCancelled(since: duration) == true
  }

  /// Whether `cancel` was called.
  public var isCancelled: Bool { moment.load() != nil || parent?.isCancelled == true }

  /// - Throws: `CancellationError` once cancelled.
  public func check() throws {
    if isCancelled { throw CancellationError() }
  }
}
