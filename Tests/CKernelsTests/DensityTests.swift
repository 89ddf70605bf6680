import CKernels
import Foundation
import Testing

/// A density with its table of values by mpmath.
struct DensityCase: Sendable, CustomTestStringConvertible {
  let name: String
  let density: ck_density
  /// Which parameters have a form of their own.
  var positive: Set<Int> = []
  let parameters: Int
  let table: [Double]
  /// Relative to 1 + |log f|.
  var tolerance = 1e-12
  /// Rows with parameters far out.
  var extremes: [Double] = []

  var testDescription: String { name }

  struct Row {
    let form: ck_form, x: Float, parameters: [Float], expected: Double
  }

  var rows: [Row] {
    let table = table + extremes
    return stride(from: 0, to: table.count, by: 6).map { i in
      Row(
        form: ck_form(rawValue: UInt32(table[i])), x: Float(table[i + 1]),
        parameters: (0..<parameters).map { Float(table[i + 2 + $0]) }, expected: table[i + 5])
    }
  }

  static let all: [DensityCase] = [
    .init(
      name: "normal", density: CK_NORMAL, positive: [1], parameters: 2, table: DensityTable.normal,
      extremes: DensityExtremes.normal),
    .init(
      name: "laplace", density: CK_LAPLACE, positive: [1], parameters: 2, table: DensityTable.laplace,
      extremes: DensityExtremes.laplace),
    // Its terms are floats: half a unit in the last place of a factor below 2, and of the linear term.
    .init(
      name: "bernoulli, logits", density: CK_BERNOULLI_LOGITS, parameters: 1, table: DensityTable.bernoulliLogits,
      tolerance: 2e-7),
    .init(
      name: "bernoulli, probabilities", density: CK_BERNOULLI_PROBABILITIES, parameters: 1,
      table: DensityTable.bernoulliProbabilities),
    .init(
      name: "continuous bernoulli, logits", density: CK_CONTINUOUS_BERNOULLI_LOGITS, parameters: 1,
      table: DensityTable.continuousBernoulliLogits),
    .init(
      name: "continuous bernoulli, probabilities", density: CK_CONTINUOUS_BERNOULLI_PROBABILITIES, parameters: 1,
      table: DensityTable.continuousBernoulliProbabilities),
    .init(
      name: "discretized logistic", density: CK_DISCRETIZED_LOGISTIC, positive: [1], parameters: 2,
      table: DensityTable.discretizedLogistic,
      extremes: DensityExtremes.discretizedLogistic),
    .init(
      name: "beta", density: CK_BETA, positive: [0, 1], parameters: 2, table: DensityTable.beta,
      extremes: DensityExtremes.beta),
    .init(
      name: "poisson", density: CK_POISSON, positive: [0], parameters: 1, table: DensityTable.poisson,
      extremes: DensityExtremes.poisson),
    .init(
      name: "negative binomial", density: CK_NEGATIVE_BINOMIAL, positive: [0, 1], parameters: 2,
      table: DensityTable.negativeBinomial,
      extremes: DensityExtremes.negativeBinomial),
    .init(
      name: "zero-inflated negative binomial", density: CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, positive: [0, 1],
      parameters: 3, table: DensityTable.zeroInflatedNegativeBinomial,
      extremes: DensityExtremes.zeroInflatedNegativeBinomial),
  ]
}

@Suite struct DensityTests {
  func expectClose(_ found: Double, _ row: DensityCase.Row, _ density: DensityCase, _ how: Comment) {
    let close =
      found == row.expected
      || row.expected.isFinite && abs(found - row.expected) <= density.tolerance * (1 + abs(row.expected))
    #expect(close, "x \(row.x), \(row.parameters), form \(row.form.rawValue): \(found), not \(row.expected); \(how)")
  }

  @Test(arguments: Variant.all, DensityCase.all)
  func matchesTheTable(variant: Variant, density: DensityCase) {
    for form in [CK_DIRECT, CK_LOG, CK_SQUARE, CK_LOG_SQUARE] {
      let rows = density.rows.filter { $0.form == form }
      if rows.isEmpty { continue }
      let lanes = (rows.count + 15) / 16 * 16
      func padded(_ value: (DensityCase.Row) -> Float) -> Lanes {
        Lanes(rows: 1, lanes: lanes) { _, lane in value(rows[min(lane, rows.count - 1)]) }
      }
      let x = padded(\.x)
      let parameters = (0..<density.parameters).map { i in padded { $0.parameters[i] } }
      let forms = (0..<density.parameters).map { density.positive.contains($0) ? form : CK_DIRECT }

      let own = variant.kernels.logDensity(
        density.density, rows: 1, lanes: lanes, x: x.operand(), zip(parameters, forms).map { $0.operand($1) })
      #expect(own.bad == 0)
      for (row, found) in zip(rows, own.total) { expectClose(found, row, density, "per lane") }

      // The values as constants that the lanes share, and mixed: x and all parameters but the first shared.
      for (i, row) in rows.enumerated() {
        let one = ck_operand(data: x.pointer + i, row_step: 0, lane_step: 0, form: CK_DIRECT)
        let constants = zip(parameters, forms).map {
          ck_operand(data: $0.pointer + i, row_step: 0, lane_step: 0, form: $1)
        }
        let shared = variant.kernels.logDensity(density.density, rows: 1, lanes: 16, x: one, constants)
        for found in shared.total { expectClose(found, row, density, "shared") }
        var mixed = constants
        let first = Lanes(rows: 1, lanes: 16) { _, _ in row.parameters[0] }
        mixed[0] = first.operand(forms[0])
        let some = variant.kernels.logDensity(density.density, rows: 1, lanes: 16, x: one, mixed)
        for found in some.total { expectClose(found, row, density, "mixed") }
      }
    }
  }

  /// A mixture of one component is that component.
  @Test(arguments: Variant.all) func logisticMixtureOfOne(variant: Variant) {
    for density in DensityCase.all where density.density == CK_DISCRETIZED_LOGISTIC {
      for row in density.rows {
        let values = [row.x, 0.3] + row.parameters
        let one = values.map { value in Lanes(rows: 1, lanes: 16) { _, _ in value } }
        let found = variant.kernels.logDensity(
          CK_LOGISTIC_MIXTURE, rows: 1, lanes: 16, x: one[0].operand(),
          [one[1].operand(), one[2].operand(), one[3].operand(row.form)])
        for value in found.total { expectClose(value, row, density, "as a mixture") }
      }
    }
  }

  /// Lanes whose parameters are far out change nothing in the others.
  @Test(arguments: Variant.vectors) func extremesKeepToTheirLanes(variant: Variant) {
    for density in [CK_LAPLACE, CK_DISCRETIZED_LOGISTIC, CK_BETA, CK_NEGATIVE_BINOMIAL] {
      func densities(_ far: Float) -> [Double] {
        let x = Lanes(rows: 2, lanes: 32) { row, _ in density == CK_NEGATIVE_BINOMIAL ? Float(row) : 0.3 }
        let first = Lanes(rows: 2, lanes: 32) { row, lane in 0.01 * Float(lane + row) }
        let second = Lanes(rows: 2, lanes: 32) { row, lane in lane % 5 == 2 ? far : -0.1 * Float(lane + row) }
        let form = density == CK_BETA || density == CK_NEGATIVE_BINOMIAL ? CK_LOG : CK_DIRECT
        return variant.kernels.logDensity(
          density, rows: 2, lanes: 32, x: x.operand(), [first.operand(form), second.operand(CK_LOG)]
        ).total
      }
      let near = densities(-2)
      for far in [-700, 700, 1e30] as [Float] {
        for (lane, value) in densities(far).enumerated() where lane % 5 != 2 { #expect(value == near[lane]) }
      }
    }
  }

  /// Rounding its noise to floats on the way would cost 0.003 nat here; doubles leave 2e-11, as the rows amplify it.
  @Test(arguments: Variant.all) func fullNormal(variant: Variant) {
    let d = DensityExtremes.fullNormalX.count, lanes = 16
    let x = Lanes(rows: d, lanes: 1) { row, _ in Float(DensityExtremes.fullNormalX[row]) }
    let mean = Lanes(rows: d, lanes: 1) { row, _ in Float(DensityExtremes.fullNormalMean[row]) }
    let triangle = Lanes(rows: d * d, lanes: 1) { row, _ in Float(DensityExtremes.fullNormalTriangle[row]) }
    var noise = [Double](repeating: 0, count: d * lanes), total = [Double](repeating: 0, count: lanes)
    let tril = triangle.shared()
    #expect(variant.kernels.triangular_solve(d, lanes, x.shared(), mean.shared(), tril, &noise) == 0)
    ck_standard_normal(d, lanes, noise, &total)
    let diagonal = ck_operand(data: triangle.pointer, row_step: d + 1, lane_step: 0, form: CK_DIRECT)
    variant.kernels.log_scale(d, lanes, diagonal, -1, &total)
    for value in total {
      #expect(abs(value - DensityExtremes.fullNormal) < 1e-10)
    }
  }

  @Test(arguments: Variant.all) func standardDensities(variant: Variant) {
    let x = Lanes(rows: 3, lanes: 16) { Float($0) - 0.3 * Float($1) }
    let normal = variant.kernels.logDensity(CK_STANDARD_NORMAL, rows: 3, lanes: 16, x: x.operand(), [], factor: -2)
    let laplace = variant.kernels.logDensity(CK_STANDARD_LAPLACE, rows: 3, lanes: 16, x: x.operand(), [], factor: 0.5)
    for lane in 0..<16 {
      var squares = 3 * log(2 * Double.pi), sizes = 3 * log(2.0)
      for row in 0..<3 {
        squares += Double(x[row, lane]) * Double(x[row, lane])
        sizes += Double(abs(x[row, lane]))
      }
      #expect(abs(normal.total[lane] - squares) < 1e-12)
      #expect(abs(laplace.total[lane] + 0.5 * sizes) < 1e-12)
    }
  }

  @Test(arguments: Variant.all) func categorical(variant: Variant) {
    let (rows, classes, lanes) = (5, 7, 32)
    var source = Source(state: 5)
    let logits = Lanes(rows: rows * classes, lanes: lanes) { _, _ in source.float(-9...9) }
    let x = Lanes(rows: rows, lanes: lanes) { row, lane in Float((row + lane) % classes) }
    let own = variant.kernels.logDensity(
      CK_CATEGORICAL, rows: rows, lanes: lanes, x: x.operand(), [logits.operand()], components: classes)
    for lane in 0..<lanes {
      let expected = (0..<rows).reduce(0.0) { sum, row in
        let l = (0..<classes).map { Double(logits[row * classes + $0, lane]) }
        return sum + l[Int(x[row, lane])] - log(l.reduce(0) { $0 + exp($1) })
      }
      #expect(abs(own.total[lane] - expected) < 1e-6)
    }
    let shared = Lanes(rows: rows, lanes: 1) { row, _ in x[row, 3] }
    let same = variant.kernels.logDensity(
      CK_CATEGORICAL, rows: rows, lanes: lanes, x: shared.shared(), [logits.operand()], components: classes)
    #expect(same.total[3] == own.total[3])

    let outside = Lanes(rows: 1, lanes: 16) { _, lane in [-1, 7, 0.5, .nan][lane % 4] }
    let none = variant.kernels.logDensity(
      CK_CATEGORICAL, rows: 1, lanes: 16, x: outside.operand(), [logits.operand()], components: classes)
    #expect(none.total.allSatisfy { $0.isNaN })
  }

  @Test(arguments: Variant.all) func logisticMixture(variant: Variant) {
    let (rows, components, lanes) = (3, 4, 16)
    var source = Source(state: 6)
    let logits = Lanes(rows: rows * components, lanes: lanes) { _, _ in source.float(-3...3) }
    let means = Lanes(rows: rows * components, lanes: lanes) { _, _ in source.float(-0.2...1.2) }
    let scales = Lanes(rows: rows * components, lanes: lanes) { _, _ in source.float(-5...0) }
    let x = Lanes(rows: rows, lanes: lanes) { row, lane in [0, 1, 17.0 / 255, 200.0 / 255][(row + lane) % 4] }
    let found = variant.kernels.logDensity(
      CK_LOGISTIC_MIXTURE, rows: rows, lanes: lanes, x: x.operand(),
      [logits.operand(), means.operand(), scales.operand(CK_LOG)], components: components)
    for lane in 0..<lanes {
      var expected = 0.0
      for row in 0..<rows {
        var sum = 0.0, weights = 0.0
        for c in 0..<components {
          let i = row * components + c
          let weight = exp(Double(logits[i, lane]))
          // A single component's density is held to its own table.
          let single = variant.kernels.logDensity(
            CK_DISCRETIZED_LOGISTIC, rows: 1, lanes: 16, x: entry(x, row, lane),
            [entry(means, i, lane), entry(scales, i, lane, CK_LOG)])
          sum += weight * exp(single.total[0])
          weights += weight
        }
        expected += log(sum / weights)
      }
      #expect(abs(found.total[lane] - expected) < 1e-9)
    }
    func entry(_ values: Lanes, _ row: Int, _ lane: Int, _ form: ck_form = CK_DIRECT) -> ck_operand {
      ck_operand(data: values.pointer + row * values.lanes + lane, row_step: 0, lane_step: 0, form: form)
    }
  }

  @Test func baseMeasure() {
    #expect(abs(ck_log_base_measure(CK_POISSON, 5, [0, 1, 2, 5, 170]) + log(2) + log(120) + lgamma(171)) < 1e-12)
    #expect(ck_log_base_measure(CK_BERNOULLI_LOGITS, 2, [0, 1]) == 0)
  }
}
