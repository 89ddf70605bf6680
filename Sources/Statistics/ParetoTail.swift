/// The upper tail of the importance weights of an example, kept while they stream by, and the shape of the generalized
/// Pareto distribution fitted to it: Pareto k̂ (Vehtari, Simpson, Gelman, Yao, Gabry 2024).
///
/// Of S draws the fit takes the M = ⌈min(0.2 S, 3√S)⌉ largest weights over the one that comes next; so a heap of the
/// M + 1 largest log-weights is all there is to keep, and the fit is exactly that on all weights. Most draws cost one
/// comparison with the least of the heap.
///
/// The result depends on the set of draws alone, not on their order or on how accumulators were merged.
public struct ParetoTail: Sendable {
  /// The number of draws that the heap was sized for.
  public let samples: Int
  /// The number of draws of weight zero, finite weight, infinite weight or NaN seen so far.
  public private(set) var count = 0
  /// A binary heap of the largest finite log-weights, the least of them first.
  private var heap: [Double] = []
  private let capacity: Int
  /// The log-weight that a draw must exceed to enter a full heap; −∞ while it is not full.
  private var least = -Double.infinity
  private var infiniteCount = 0
  private var nanCount = 0

  /// A tail of no draws, of which `samples` are to come (at least one).
  ///
  /// When fewer come, the fit is that of the number that came. When more come, the tail keeps the length for `samples`.
  public init(samples: Int) {
    precondition(samples > 0, "the tail is that of one draw or more")
    self.samples = samples
    capacity = ParetoTail.length(samples: samples) + 1
    heap.reserveCapacity(capacity)
  }

  /// The number M of largest weights that the fit takes of `samples` draws, ⌈min(0.2 S, 3√S)⌉.
  public static func length(samples: Int) -> Int {
    let draws = Double(samples)
    return Int(min(draws / 5, 3 * draws.squareRoot()).rounded(.up))
  }

  /// Adds the log-weight of one draw, in nats.
  public mutating func add(_ logWeight: Double) {
    count += 1
    // Written so that a NaN goes to the slow path, too.
    if !(logWeight <= least) { insert(logWeight) }
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    count += logWeights.count
    for index in logWeights.indices where !(logWeights[index] <= least) {
      insert(logWeights[index])
    }
  }

  /// Adds the draws of another tail, sized for as many draws as this one.
  public mutating func merge(_ other: ParetoTail) {
    precondition(samples == other.samples, "tails sized for different numbers of draws do not merge")
    count += other.count
    infiniteCount += other.infiniteCount
    nanCount += other.nanCount
    for logWeight in other.heap where logWeight > least { insert(logWeight) }
  }

  /// Pareto k̂, or nil where it is not defined; ``fit()`` says why.
  public func shape() -> Double? { fit().shape }

  /// Fits the tail.
  ///
  /// Follows ArviZ's `psislw`: the tail is what lies strictly above the (M + 1)-th largest weight (draws tied with it do not
  /// count) and above the smallest normal number times the largest weight. Where k̂ is not defined ArviZ gives ∞, and
  /// for a tail of equal weights whatever the fit yields; R's `posterior` gives NA for both, and so do we. Where the first
  /// quartile of the tail ties with its minimum `posterior` gives NA as well; we fit, as ArviZ does.
  public func fit() -> ParetoFit {
    if nanCount > 0 || infiniteCount > 0 { return .undefined(.notFinite) }
    guard let largest = heap.max() else { return .undefined(count > 0 ? .allZero : .tooFewDraws) }
    let tailLength = min(ParetoTail.length(samples: count), capacity - 1)
    guard tailLength >= DiagnosticThresholds.paretoTailMinimum else { return .undefined(.tooFewDraws) }
    let sorted = heap.map { $0 - largest }.sorted(by: >)
    let next = tailLength < sorted.count ? sorted[tailLength] : -.infinity
    let tail = GeneralizedPareto.Tail(descending: sorted.prefix(tailLength), cutoff: next)
    if tail.isRounding(ofSize: largest) { return .undefined(.constantTail) }
    guard tail.count >= DiagnosticThresholds.paretoTailMinimum else { return .undefined(.tooFewAboveCutoff) }
    if tail.isConstant { return .undefined(.constantTail) }
    guard let shape = GeneralizedPareto.shape(tail.exceedances()) else { return .undefined(.constantTail) }
    return .shape(shape)
  }

  private mutating func insert(_ logWeight: Double) {
    guard logWeight < .infinity else {
      if logWeight.isNaN { nanCount += 1 } else { infiniteCount += 1 }
      return
    }
    if heap.count < capacity {
      heap.append(logWeight)
      siftUp(from: heap.count - 1)
    } else {
      heap[0] = logWeight
      siftDown()
    }
    if heap.count == capacity { least = heap[0] }
  }

  private mutating func siftUp(from start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      parent = child
    }
  }
}
