/// The logarithm of a sum of exponentials, log Σ eˡ, taken in one pass without overflow.
///
/// The state is the largest term m and Σ e^{l − m}; both are those of the terms seen so far, so the size of
/// the state does not grow, and two accumulators over disjoint terms merge into one over all of them.
///
/// - An empty accumulator has the value −∞, the logarithm of an empty sum.
/// - A term of −∞ adds nothing but is counted.
/// - A term of +∞ makes the value +∞, whatever else is there.
/// - A NaN makes the value NaN; it is never passed over.
///
/// Terms are added one by one in the order given, so the value depends on that order alone, to the last bit.
/// Merging in a different order changes it by rounding only.
public struct LogSumExp: Sendable, Equatable {
  /// The number of terms, of every kind.
  public private(set) var count = 0
  /// The largest finite term, in nats; −∞ when there is none.
  public private(set) var maximum = -Double.infinity
  /// Σ e^{l − maximum} over the finite terms: 0 when there is none, otherwise at least 1.
  private var sum = 0.0
  private var infiniteCount = 0
  private var nanCount = 0

  /// An accumulator of no terms.
  public init() {}

  /// log Σ eˡ in nats.
  public var value: Double {
    if nanCount > 0 { return .nan }
    if infiniteCount > 0 { return .infinity }
    return sum > 0 ? maximum + log(sum) : -.infinity
  }

  /// log(Σ eˡ / n) in nats, n being the number of terms counted; NaN when there is none.
  public var logMean: Double {
    if nanCount > 0 || count == 0 { return .nan }
    if infiniteCount > 0 { return .infinity }
    return sum > 0 ? maximum + log(sum / Double(count)) : -.infinity
  }

  /// Adds one term, in nats.
  public mutating func add(_ term: Double) {
    count += 1
    if term <= maximum {
      // A term of −∞ gives e^{−∞} = 0, except beside a maximum of −∞, where the difference would be NaN.
      if term > -.infinity { sum += exp(term - maximum) }
    } else if term < .infinity {
      sum = sum * exp(maximum - term) + 1
      maximum = term
    } else if term == .infinity {
      infiniteCount += 1
    } else {
      nanCount += 1
    }
  }

  /// Adds the terms of another accumulator to those of this one.
  public mutating func merge(_ other: LogSumExp) {
    count += other.count
    infiniteCount += other.infiniteCount
    nanCount += other.nanCount
    guard other.sum > 0 else { return }
    if other.maximum <= maximum {
      sum += other.sum * exp(other.maximum - maximum)
    } else {
      sum = sum * exp(maximum - other.maximum) + other.sum
      maximum = other.maximum
    }
  }
}
