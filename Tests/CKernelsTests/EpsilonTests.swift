import CKernels
import Foundation
import Testing

@Suite("Negative binomials with epsilon inside logarithms")
struct EpsilonTests {
  private static let epsilon = 1e-3

  /// As scvi-tools writes them (Lopez et al. 2018), without log x!.
  private static func logDensity(_ x: Double, _ mean: Double, _ dispersion: Double, logit: Double?) -> Double {
    let both = log(dispersion + mean + epsilon)
    let zero = dispersion * (log(dispersion + epsilon) - both)
    let value = zero + x * (log(mean + epsilon) - both) + lgamma(x + dispersion) - lgamma(dispersion)
    guard let logit else { return value }
    let softplus = { (x: Double) in max(x, 0) + log1p(exp(-abs(x))) }
    return x > 0 ? value - logit - softplus(-logit) : softplus(zero - logit) - softplus(-logit)
  }

  private static let density = [CK_NEGATIVE_BINOMIAL, CK_ZERO_INFLATED_NEGATIVE_BINOMIAL]

  /// Logarithms of means from far below epsilon up, counts with zeros among them.
  private static func inputs() -> (x: Lanes, mean: Lanes, dispersion: Lanes, logit: Lanes) {
    var source = Source(state: 5)
    return (
      Lanes(rows: 4, lanes: 1) { row, _ in [0, 1, 3, 40][row] },
      Lanes(rows: 4, lanes: 32) { _, _ in source.float(-12...4) },
      Lanes(rows: 4, lanes: 32) { _, _ in source.float(-9...3) },
      Lanes(rows: 4, lanes: 32) { _, _ in source.float(-3...3) }
    )
  }

  @Test("Densities are scvi-tools'", arguments: Variant.all, [0, 1])
  func densities(variant: Variant, inflation: Int) {
    let (x, mean, dispersion, logit) = Self.inputs()
    let parameters = [mean.operand(CK_LOG), dispersion.operand(CK_LOG)] + (inflation == 1 ? [logit.operand()] : [])
    let found = variant.kernels.logDensity(
      Self.density[inflation], rows: 4, lanes: 32, x: x.shared(), parameters, epsilon: Self.epsilon)
    #expect(found.bad == 0)
    for lane in 0..<32 {
      let expected = (0..<4).reduce(0) {
        $0
          + Self.logDensity(
            Double(x[$1, 0]), exp(Double(mean[$1, lane])), exp(Double(dispersion[$1, lane])),
            logit: inflation == 1 ? Double(logit[$1, lane]) : nil)
      }
      // lgamma cancels up to 150 in doubles.
      #expect(abs(found.total[lane] - expected) <= 1e-9 * max(1, abs(expected)))
    }
  }

  @Test("Gradients are those of the densities", arguments: Variant.all, [0, 1])
  func gradients(variant: Variant, inflation: Int) {
    let (x, mean, dispersion, logit) = Self.inputs()
    let none = ck_operand(data: nil, row_step: 0, lane_step: 0, form: CK_DIRECT)
    var arguments = ck_density_arguments(
      density: Self.density[inflation], components: 1, bins: 0, x: x.shared(),
      parameters: (mean.operand(CK_LOG), dispersion.operand(CK_LOG), inflation == 1 ? logit.operand() : none),
      epsilon: Self.epsilon, counts: nil)
    let results = (0..<3).map { _ in Lanes(rows: 4, lanes: 32) }
    let places: [UnsafeMutablePointer<Float>?] = [
      nil, results[0].pointer, results[1].pointer, inflation == 1 ? results[2].pointer : nil,
    ]
    variant.kernels.log_density_gradient(4, 32, &arguments, places)
    for row in 0..<4 {
      for lane in 0..<32 {
        let point = [Double(mean[row, lane]), Double(dispersion[row, lane]), Double(logit[row, lane])]
        let value = { (p: [Double]) in
          Self.logDensity(Double(x[row, 0]), exp(p[0]), exp(p[1]), logit: inflation == 1 ? p[2] : nil)
        }
        for slot in 0..<(2 + inflation) {
          var (lower, upper) = (point, point)
          lower[slot] -= 1e-5
          upper[slot] += 1e-5
          let expected = (value(upper) - value(lower)) / 2e-5
          // A central difference of values to 150.
          #expect(abs(Double(results[slot][row, lane]) - expected) <= 1e-5 * max(1, abs(expected)))
        }
      }
    }
  }
}
