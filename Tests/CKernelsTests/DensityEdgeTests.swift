import CKernels
import Foundation
import Testing

/// Infinite and absent values, and parameters out of their domain: each has a defined outcome.
@Suite struct DensityEdgeTests {
  /// log f of one value in the first of 16 lanes; the parameters per lane or shared.
  func single(
    _ variant: Variant, _ density: ck_density, _ x: Float, _ parameters: [(Float, ck_form)], shared: Bool
  ) -> (Double, bad: Int) {
    let value = Lanes(rows: 1, lanes: 16) { _, lane in lane == 0 || shared ? x : 0.5 }
    let lanes = parameters.map { parameter in
      Lanes(rows: 1, lanes: 16) { _, lane in lane == 0 || shared ? parameter.0 : 0.5 }
    }
    let operands = zip(lanes, parameters).map { shared ? $0.shared($1.1) : $0.operand($1.1) }
    let result = variant.kernels.logDensity(density, rows: 1, lanes: 16, x: value.operand(), operands)
    return (result.total[0], result.bad)
  }

  @Test(arguments: Variant.all, [false, true]) func bernoulli(variant: Variant, shared: Bool) {
    for (x, logit, expected) in [
      (1, .infinity, 0), (0, -.infinity, 0), (1, -.infinity, -.infinity), (0, .infinity, -.infinity),
      (0.5, .infinity, -.infinity), (1, 1e5, 0), (0, 1e5, -1e5), (1, -1e5, -1e5), (0.5, -1e5, -5e4),
      (0, .leastNonzeroMagnitude, -log(2)),
      (1, 3e38, 0), (0, 3e38, -Double(3e38 as Float)),
    ] as [(Float, Float, Double)] {
      let found = single(variant, CK_BERNOULLI_LOGITS, x, [(logit, CK_DIRECT)], shared: shared).0
      #expect(found == expected || abs(found - expected) <= 1e-7 * abs(expected), "\(x), \(logit)")
    }
    #expect(single(variant, CK_BERNOULLI_LOGITS, 1, [(.nan, CK_DIRECT)], shared: shared).0.isNaN)
    #expect(single(variant, CK_BERNOULLI_LOGITS, .nan, [(1, CK_DIRECT)], shared: shared).0.isNaN)
    for (x, p, expected) in [(1, 1, 0), (0, 0, 0), (0, 1, -.infinity), (1, 0, -.infinity)] as [(Float, Float, Double)] {
      #expect(single(variant, CK_BERNOULLI_PROBABILITIES, x, [(p, CK_DIRECT)], shared: shared).0 == expected)
    }
  }

  /// An x that lanes share takes another path than one for each.
  @Test(arguments: Variant.all) func bernoulliWithSharedX(variant: Variant) {
    let logits = Lanes(rows: 1, lanes: 16) { _, lane in [.infinity, -.infinity, 1e5, -1e5, 0, .nan][lane % 6] }
    for (x, expected) in [
      (1, [0, -.infinity, 0, -1e5, -log(2)]), (0, [-.infinity, 0, -1e5, 0, -log(2)]),
      (0.25, [-.infinity, -.infinity, -75000, -25000, -log(2)]),
    ] as [(Float, [Double])] {
      let value = Lanes(rows: 1, lanes: 1) { _, _ in x }
      let found = variant.kernels.logDensity(
        CK_BERNOULLI_LOGITS, rows: 1, lanes: 16, x: value.shared(), [logits.operand()])
      for (value, expected) in zip(found.total, expected) {
        #expect(value == expected || abs(value - expected) <= 1e-7 * abs(expected))
      }
      #expect(found.total[5].isNaN)
    }
  }

  @Test(arguments: Variant.all, [false, true]) func extremeScales(variant: Variant, shared: Bool) {
    func normal(_ x: Float, _ scale: Float, _ form: ck_form) -> Double {
      let (found, bad) = single(variant, CK_NORMAL, x, [(0, CK_DIRECT), (scale, form)], shared: shared)
      #expect(bad == 0)
      return found
    }
    let constant = 0.5 * log(2 * Double.pi)
    let denormal = Float.leastNonzeroMagnitude
    // A denormal scale; logarithms of scales that no float holds, nor a double.
    #expect(abs(normal(0, denormal, CK_DIRECT) + log(Double(denormal)) + constant) < 1e-9)
    #expect(abs(normal(0, -300, CK_LOG) - 300 + constant) < 1e-9)
    #expect(abs(normal(0, -1e5, CK_LOG) - 1e5 + constant) < 1e-9)
    #expect(abs(normal(3, 1e5, CK_LOG_SQUARE) + 5e4 + constant) < 1e-9)
    #expect(normal(1, -1e5, CK_LOG) < -1e200)
    #expect(normal(.infinity, 1, CK_DIRECT) == -.infinity)
    let laplace = single(variant, CK_LAPLACE, 0, [(0, CK_DIRECT), (-1e5, CK_LOG)], shared: shared).0
    #expect(abs(laplace - 1e5 + log(2)) < 1e-9)
  }

  @Test(arguments: Variant.all, [false, true]) func limits(variant: Variant, shared: Bool) {
    func value(_ density: ck_density, _ x: Float, _ parameters: [(Float, ck_form)]) -> Double {
      single(variant, density, x, parameters, shared: shared).0
    }
    // A negative binomial of endless dispersion is a Poisson distribution.
    let poisson = value(CK_POISSON, 4, [(2.5, CK_DIRECT)])
    #expect(abs(value(CK_NEGATIVE_BINOMIAL, 4, [(2.5, CK_DIRECT), (1e30, CK_DIRECT)]) - poisson) < 1e-11)
    #expect(abs(value(CK_NEGATIVE_BINOMIAL, 4, [(2.5, CK_DIRECT), (1e5, CK_LOG)]) - poisson) < 1e-11)
    #expect(value(CK_POISSON, 0, [(1e5, CK_LOG)]) < -1e200)
    #expect(value(CK_POISSON, 3, [(-1e5, CK_LOG)]) == -3e5)
    // A symmetric Beta distribution whose parameters no number holds: at its peak, and off it.
    let peak = 0.5 * (2e4 - log(2.0)) - 0.5 * log(2 * Double.pi) + 2 * log(2.0)
    #expect(abs(value(CK_BETA, 0.5, [(2e4, CK_LOG), (2e4, CK_LOG)]) - peak) < 1e-9)
    #expect(value(CK_BETA, 0.4, [(2e4, CK_LOG), (2e4, CK_LOG)]) == -.infinity)
    // All zeros are structural, or none is.
    let plain = value(CK_NEGATIVE_BINOMIAL, 0, [(2, CK_DIRECT), (3, CK_DIRECT)])
    let zero = { value(CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, 0, [(2, CK_DIRECT), (3, CK_DIRECT), ($0, CK_DIRECT)]) }
    #expect(zero(.infinity) == 0)
    #expect(abs(zero(-.infinity) - plain) < 1e-12)
    #expect(abs(zero(-1e5) - plain) < 1e-12)
    // A density may be infinite at the edge of its support.
    #expect(value(CK_BETA, 0, [(0.5, CK_DIRECT), (2, CK_DIRECT)]) == .infinity)
    #expect(value(CK_BETA, 0, [(2, CK_DIRECT), (2, CK_DIRECT)]) == -.infinity)
    #expect(abs(value(CK_BETA, 0, [(1, CK_DIRECT), (2, CK_DIRECT)]) - log(2)) < 1e-12)
    #expect(value(CK_CONTINUOUS_BERNOULLI_LOGITS, 0.5, [(.infinity, CK_DIRECT)]) == -.infinity)
    #expect(abs(value(CK_CONTINUOUS_BERNOULLI_LOGITS, 1, [(1e5, CK_DIRECT)]) - log(1e5)) < 1e-9)
    // A bin far out in the tail, where the distribution function itself is 0 or 1.
    let far = value(CK_DISCRETIZED_LOGISTIC, 0.5, [(1e3, CK_DIRECT), (-7, CK_LOG)])
    #expect(abs(far + (1e3 - 0.5 - 0.5 / 255) * exp(7) - log(1 - exp(-exp(7) / 255))) < 1e-5)
  }

  @Test(arguments: Variant.all, [false, true]) func outOfDomain(variant: Variant, shared: Bool) {
    let positives: [(ck_density, Int, Int)] = [
      (CK_NORMAL, 2, 1), (CK_LAPLACE, 2, 1), (CK_DISCRETIZED_LOGISTIC, 2, 1), (CK_BETA, 2, 0), (CK_BETA, 2, 1),
      (CK_POISSON, 1, 0), (CK_NEGATIVE_BINOMIAL, 2, 0), (CK_NEGATIVE_BINOMIAL, 2, 1),
      (CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, 3, 0), (CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, 3, 1),
      (CK_LOGISTIC_MIXTURE, 3, 2),
    ]
    let bad: [(Float, ck_form)] = [
      (0, CK_DIRECT), (-1, CK_DIRECT), (.nan, CK_DIRECT), (.infinity, CK_DIRECT), (0, CK_SQUARE), (-1, CK_SQUARE),
      (.nan, CK_LOG), (.infinity, CK_LOG), (-.infinity, CK_LOG), (.infinity, CK_LOG_SQUARE),
    ]
    for (density, count, position) in positives {
      for parameter in bad {
        var parameters = Array(repeating: (0.5 as Float, CK_DIRECT), count: count)
        parameters[position] = parameter
        for x in [0, 0.5, 1] as [Float] {
          let (found, number) = single(variant, density, x, parameters, shared: shared)
          #expect(found.isNaN && number == (shared ? 16 : 1), "\(density.rawValue), \(parameter), x \(x)")
        }
      }
    }
    for density in [CK_BERNOULLI_PROBABILITIES, CK_CONTINUOUS_BERNOULLI_PROBABILITIES] {
      for p in [-0.1, 1.1, .nan] as [Float] {
        let (found, number) = single(variant, density, 1, [(p, CK_DIRECT)], shared: shared)
        #expect(found.isNaN && number == (shared ? 16 : 1))
      }
    }
  }

  /// A log-weight made of 784 pixels and 150 latents, held to the same in Double throughout.
  @Test(arguments: Variant.all) func floatErrorOfAWeight(variant: Variant) {
    var source = Source(state: 11)
    let lanes = 32
    let logits = Lanes(rows: 784, lanes: lanes) { row, _ in
      (row % 5 == 0 ? 2 : -6) + source.float(-3...3)
    }
    let image = Lanes(rows: 784, lanes: 1) { row, _ in row % 5 == 0 ? 1 : 0 }
    let grey = Lanes(rows: 784, lanes: 1) { row, _ in row % 5 == 0 ? 0.9 : row % 7 == 0 ? 0.3 : 0 }
    let z = Lanes(rows: 150, lanes: lanes) { _, _ in source.float(-3...3) }
    let mean = Lanes(rows: 150, lanes: lanes) { _, _ in source.float(-1...1) }
    let logVariance = Lanes(rows: 150, lanes: lanes) { _, _ in source.float(-4...1) }
    for x in [image, grey] {
      let pixels = variant.kernels.logDensity(
        CK_BERNOULLI_LOGITS, rows: 784, lanes: lanes, x: x.shared(), [logits.operand()])
      let latents = variant.kernels.logDensity(
        CK_NORMAL, rows: 150, lanes: lanes, x: z.operand(), [mean.operand(), logVariance.operand(CK_LOG_SQUARE)])
      for lane in 0..<lanes {
        var expected = 0.0
        for row in 0..<784 {
          let l = Double(logits[row, lane])
          expected += Double(x[row, 0]) * l - max(l, 0) - log1p(exp(-abs(l)))
        }
        for row in 0..<150 {
          let variance = Double(logVariance[row, lane]), d = Double(z[row, lane]) - Double(mean[row, lane])
          expected += -0.5 * d * d * exp(-variance) - 0.5 * variance - 0.5 * log(2 * .pi)
        }
        #expect(abs(pixels.total[lane] + latents.total[lane] - expected) < 2e-5)
      }
    }
  }
}
