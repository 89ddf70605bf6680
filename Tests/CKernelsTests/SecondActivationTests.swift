import CKernels
import Foundation
import Testing

/// The activations of version 2 of the model format, against Foundation's functions in double precision.
@Suite struct SecondActivationTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let kind: ck_activation_kind
    /// In units of the last place of the result.
    let bound: Double
    let domain: ClosedRange<Float>
    let value: @Sendable (Double) -> Double
    let slope: @Sendable (Double) -> Double
  }

  private static let all: ClosedRange<Float> = -90...90

  static let functions: [Function] = [
    .init(
      testDescription: "square", kind: CK_SQUARED, bound: 0.5, domain: all, value: { $0 * $0 }, slope: { 2 * $0 }),
    .init(
      testDescription: "sqrt", kind: CK_SQRT, bound: 0.5, domain: 1e-30...1e30, value: { $0.squareRoot() },
      slope: { 0.5 / $0.squareRoot() }),
    .init(
      testDescription: "log", kind: CK_LOGARITHM, bound: 0.51, domain: 1e-38...1e38, value: { log($0) },
      slope: { 1 / $0 }),
    .init(
      testDescription: "log1p", kind: CK_LOG1P, bound: 0.51, domain: -0.999...1e30, value: { log1p($0) },
      slope: { 1 / (1 + $0) }),
    .init(
      testDescription: "hard-swish", kind: CK_HARD_SWISH, bound: 4, domain: 0...90,
      value: { $0 * min(max($0 / 6 + 0.5, 0), 1) }, slope: { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 }),
    .init(
      testDescription: "mish", kind: CK_MISH, bound: 4, domain: -80...90, value: { $0 * tanh(log1p(exp($0))) },
      slope: { x in
        let t = tanh(log1p(exp(x)))
        return t + x * (1 - t * t) / (1 + exp(-x))
      }),
    .init(
      testDescription: "softsign", kind: CK_SOFTSIGN, bound: 1.5, domain: all, value: { $0 / (1 + abs($0)) },
      slope: { 1 / ((1 + abs($0)) * (1 + abs($0))) }),
  ]

  /// 480 numbers, from end to end of the domain: in equal steps, and in equal ratios of what is positive.
  private func arguments(_ domain: ClosedRange<Float>) -> [Float] {
    let (low, high) = (Double(domain.lowerBound), Double(domain.upperBound))
    let least = max(low, 1e-30)
    return (0..<240).map { Float(low + (high - low) * Double($0) / 239) }
      + (0..<240).map { Float(least * pow(high / least, Double($0) / 239)) }
  }

  @Test(arguments: Variant.all, functions) func value(variant: Variant, function: Function) {
    let x = arguments(function.domain).filter(function.domain.contains)
    let padded = (x.count + 15) / 16 * 16
    let lanes = Lanes(rows: 1, lanes: padded) { _, lane in lane < x.count ? x[lane] : 1 }
    variant.kernels.activate(ck_activation(kind: function.kind, a: 0, b: 0), lanes.pointer, padded)
    for (x, found) in zip(x, lanes.values) {
      let expected = function.value(Double(x))
      #expect(ulps(found, from: expected) <= function.bound + 0.01, "\(x): \(found), not \(expected)")
    }
  }

  /// Float32 arithmetic on a few terms: 1e-6 of the largest of them.
  @Test(arguments: Variant.all, functions) func slope(variant: Variant, function: Function) {
    let activation = ck_activation(kind: function.kind, a: 0, b: 0)
    let x = arguments(function.domain).filter(function.domain.contains)
    let padded = (x.count + 15) / 16 * 16
    let kept = Lanes(rows: 1, lanes: padded) { _, lane in lane < x.count ? x[lane] : 1 }
    if ck_slope_takes_output(activation) != 0 { variant.kernels.activate(activation, kept.pointer, padded) }
    let gradient = Lanes(rows: 1, lanes: padded) { _, _ in 1 }
    variant.kernels.activate_reverse(activation, kept.pointer, gradient.pointer, padded)
    for (x, found) in zip(x, gradient.values) {
      let expected = function.slope(Double(x))
      #expect(abs(Double(found) - expected) <= 2e-6 * max(1, abs(expected)), "\(x): \(found), not \(expected)")
    }
  }

  @Test(arguments: Variant.all) func infinitiesAndNaN(variant: Variant) {
    func activated(_ kind: ck_activation_kind) -> [Float] {
      let edges: [Float] = [-.infinity, .infinity, .nan, 0]
      let lanes = Lanes(rows: 1, lanes: 16) { _, lane in edges[min(lane, 3)] }
      variant.kernels.activate(ck_activation(kind: kind, a: 0, b: 0), lanes.pointer, 16)
      return Array(lanes.values[0..<4])
    }
    #expect(activated(CK_SOFTSIGN)[0] == -1 && activated(CK_SOFTSIGN)[1] == 1)
    #expect(activated(CK_MISH)[0] == 0 && activated(CK_MISH)[1] == .infinity)
    #expect(activated(CK_HARD_SWISH)[0] == 0 && activated(CK_HARD_SWISH)[1] == .infinity)
    #expect(activated(CK_LOGARITHM)[0].isNaN && activated(CK_LOGARITHM)[3] == -.infinity)
    #expect(activated(CK_LOG1P)[0].isNaN && activated(CK_LOG1P)[3] == 0)
    for function in Self.functions { #expect(activated(function.kind)[2].isNaN, "\(function.testDescription)") }
  }
}
