import Foundation
import Wording

/// Maps values to positions along an axis, and says where its ticks go.
struct Scale: Equatable {
  enum Kind {
    case linear, logarithmic
  }

  /// A mark on an axis.
  struct Tick: Equatable {
    var value: Double
    var label: String
  }

  let kind: Kind
  private(set) var lower: Double
  private(set) var upper: Double
  /// The distance between ticks that the ends were chosen for.
  private var step: Double?

  private init(_ kind: Kind, _ lower: Double, _ upper: Double, step: Double? = nil) {
    (self.kind, self.lower, self.upper, self.step) = (kind, lower, upper, step)
  }

  /// A linear scale over values, widened to whole ticks, or around a single value.
  static func linear(_ lower: Double, _ upper: Double, ticks: Int = 5) -> Scale {
    var (lower, upper) = (min(lower, upper), max(lower, upper))
    if !lower.isFinite || !upper.isFinite { (lower, upper) = (0, 1) }
    if upper - lower <= 1e-12 * max(abs(lower), abs(upper), 1e-300) {
      let margin = lower == 0 ? 1 : abs(lower) * 0.02
      (lower, upper) = (lower - margin, upper + margin)
    }
    let step = Scale.step(span: upper - lower, count: ticks)
    return Scale(.linear, (lower / step).rounded(.down) * step, (upper / step).rounded(.up) * step, step: step)
  }

  /// A linear scale over exactly these values.
  static func exact(_ lower: Double, _ upper: Double) -> Scale {
    upper > lower ? Scale(.linear, lower, upper) : linear(lower, upper)
  }

  /// A logarithmic scale over positive values, with a margin as a share of its length; over whole decades where `toDecades`.
  static func logarithmic(_ lower: Double, _ upper: Double, margin: Double = 0, toDecades: Bool = false) -> Scale {
    var (low, high) = (log10(max(min(lower, upper), 1e-300)), log10(max(lower, upper, 1e-300)))
    if !low.isFinite || !high.isFinite { (low, high) = (0, 1) }
    if toDecades { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    if high - low < 0.05 { (low, high) = (low - 0.5, high + 0.5) }
    let extra = margin * (high - low)
    return Scale(.logarithmic, pow(10, low - extra), pow(10, high + extra))
  }

  /// Where a value is between the ends: 0 to 1 inside, and finite for every finite value.
  func fraction(_ value: Double) -> Double {
    switch kind {
    case .linear: (value - lower) / (upper - lower)
    case .logarithmic: (log10(max(value, 1e-300)) - log10(lower)) / (log10(upper) - log10(lower))
    }
  }

  /// Whether a value lies between the ends, give or take rounding.
  func contains(_ value: Double) -> Bool { (-1e-9...1 + 1e-9).contains(fraction(value)) }

  /// Ticks at numbers that people like, about as many as asked for.
  func ticks(_ count: Int = 5) -> [Tick] {
    switch kind {
    case .linear:
      let step = step ?? Scale.step(span: upper - lower, count: count)
      let decimals = max(0, -Int((log10(step) + 1e-9).rounded(.down)))
      let first = Int((lower / step - 1e-9).rounded(.up))
      let last = Int((upper / step + 1e-9).rounded(.down))
      guard first <= last else { return [] }
      return (first...last).map { Tick(value: Double($0) * step, label: Scale.label(Double($0) * step, decimals)) }
    case .logarithmic:
      let first = Int((log10(lower) - 1e-9).rounded(.up))
      let last = Int((log10(upper) + 1e-9).rounded(.down))
      if last - first >= 2 {
        let stride = max(1, Int((Double(last - first) / Double(count)).rounded(.up)))
        return (first...last).filter { $0.isMultiple(of: stride) }.map {
          Tick(value: pow(10, Double($0)), label: Scale.power($0))
        }
      }
      let multiples = [1.0, 2, 5]
      let fine = (first - 1...last + 1).flatMap { exponent in
        multiples.map { Tick(value: $0 * pow(10, Double(exponent)), label: Scale.label($0, exponent: exponent)) }
      }.filter { contains($0.value) }
      return fine.count >= 2 ? fine : Scale(.linear, lower, upper).ticks(count)
    }
  }

  /// The distance between ticks: 1, 2 or 5 times a power of ten.
  static func step(span: Double, count: Int) -> Double {
    let rough = span / Double(max(1, count))
    let power = pow(10, log10(rough).rounded(.down))
    let digit = rough / power
    return (digit <= 1.0001 ? 1 : digit <= 2.0001 ? 2 : digit <= 5.0001 ? 5 : 10) * power
  }

  private static func label(_ value: Double, _ decimals: Int) -> String {
    if decimals == 0, abs(value) < 1e9 { return Text.count(Int(value)) }
    if decimals > 6 || abs(value) >= 1e9 { return Text.significant(value, 3) }
    return Text.fixed(value, decimals)
  }

  private static func label(_ digit: Double, exponent: Int) -> String {
    (-4...5).contains(exponent)
      ? label(digit * pow(10, Double(exponent)), max(0, -exponent)) : Text.plain(digit) + " · " + power(exponent)
  }

  /// A power of ten: in full from 0.001 to 10 000, otherwise 10⁻⁵.
  static func power(_ exponent: Int) -> String {
    if (-3...4).contains(exponent) { return label(pow(10, Double(exponent)), max(0, -exponent)) }
    let digits = String(exponent.magnitude).map { String(superscripts[$0.wholeNumberValue ?? 0]) }.joined()
    return "10" + (exponent < 0 ? "⁻" : "") + digits
  }

  private static let superscripts = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
}
