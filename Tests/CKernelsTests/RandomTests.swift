import CKernels
import Foundation
import Testing

typealias Fill = (UInt64, UInt64, UInt32, UInt32, Int, Int, UnsafeMutablePointer<Float>?) -> Void

@Suite struct PhiloxTests {
  /// The known-answer vectors of Random123 (kat_vectors, philox4x32 with 10 rounds).
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8]),
      (
        [0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF, 0xFFFF_FFFF], [0xFFFF_FFFF, 0xFFFF_FFFF],
        [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD]
      ),
      (
        [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344], [0xA409_3822, 0x299F_31D0],
        [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func knownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    var out = [UInt32](repeating: 0, count: 4)
    ck_philox(counter, key, &out)
    #expect(out == expected)
  }

  /// The counter and key are made of the arguments as the header says, in every variant.
  @Test(arguments: Variant.all) func layoutOfTheCounter(variant: Variant) {
    let seed: UInt64 = 0x0123_4567_89AB_CDEF, example: UInt64 = 0xFEDC_BA98_7654_3210
    let out = Lanes(rows: 7, lanes: 32)
    variant.kernels.uniforms(seed, example, 0xFFFF_FFF0, 5, 7, 32, out.pointer)
    for row in 0..<7 {
      for lane in [0, 15, 16, 31] {
        var words = [UInt32](repeating: 0, count: 4)
        let draw = UInt32(0xFFFF_FFF0) &+ UInt32(lane)
        ck_philox([draw, 5 << 24 | UInt32(row / 4), 0x7654_3210, 0xFEDC_BA98], [0x89AB_CDEF, 0x0123_4567], &words)
        #expect(ulps(out[row, lane], from: (Double(words[row % 4]) + 0.5) * 0x1p-32) <= 1)
      }
    }
  }
}

@Suite struct RandomTests {
  static func normals(
    _ variant: Variant, seed: UInt64 = 1, example: UInt64 = 7, draw: UInt32 = 0, stream: UInt32 = 1, rows: Int = 16,
    lanes: Int = 2048
  ) -> Lanes {
    let out = Lanes(rows: rows, lanes: lanes)
    variant.kernels.normals(seed, example, draw, stream, rows, lanes, out.pointer)
    return out
  }

  @Test(arguments: Variant.all) func momentsAndDistribution(variant: Variant) {
    let values = Self.normals(variant).values.map(Double.init).sorted()
    let n = Double(values.count)
    func moment(_ power: Double) -> Double { values.reduce(0) { $0 + pow($1, power) } / n }
    // Four standard errors: the variance of xᵏ is the double factorial (2k − 1)!! less the squared mean.
    let moments: [(power: Double, mean: Double, variance: Double)] = [
      (1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170),
    ]
    for (power, mean, variance) in moments {
      let error = abs(moment(power) - mean)
      #expect(error < 4 * (variance / n).squareRoot(), "power \(power)")
    }
    var distance = 0.0
    for (i, x) in values.enumerated() {
      let phi = 0.5 * erfc(-x / 2.0.squareRoot())
      distance = max(distance, phi - Double(i) / n, Double(i + 1) / n - phi)
    }
    let p = kolmogorov(distance * n.squareRoot())
    #expect(p > 0.001)
    let beyond3 = 0.0026998
    let share = Double(values.filter { abs($0) > 3 }.count) / n
    let error = 4 * (beyond3 / n).squareRoot()
    #expect(abs(share - beyond3) < error)
  }

  /// The probability that Kolmogorov's statistic is larger.
  func kolmogorov(_ x: Double) -> Double {
    (1...50).reduce(0.0) { (sum: Double, k: Int) in
      let term = 2 * exp(-2 * Double(k * k) * x * x)
      return k % 2 == 1 ? sum + term : sum - term
    }
  }

  @Test(arguments: Variant.all) func tails(variant: Variant) {
    func pair(_ at: (seed: UInt64, example: UInt64, draw: UInt32, stream: UInt32)) -> (Float, Float) {
      let out = Self.normals(
        variant, seed: at.seed, example: at.example, draw: at.draw, stream: at.stream, rows: 2, lanes: 16)
      return (out[0, 0], out[1, 0])
    }
    // √(66 log 2): the largest radius that 32 bits give.
    let largest = (66 * log(2.0)).squareRoot()
    #expect(ulps(pair(PhiloxExtremes.largest).0, from: largest) <= 2)
    #expect(abs(pair(PhiloxExtremes.largest).1) < 1e-6)
    #expect(ulps(pair(PhiloxExtremes.largestSine).1, from: largest) <= 2)
    // The smallest is not 0: near 1 the logarithm sees every bit.
    let smallest = (2 * -log1p(-0x1p-33)).squareRoot() * 0.5.squareRoot()
    #expect(ulps(pair(PhiloxExtremes.smallest).0, from: smallest) <= 3)
  }

  /// What differs in one argument alone must be unrelated: the correlations of values and of squares.
  @Test(arguments: Variant.all) func independence(variant: Variant) {
    let base = Self.normals(variant)
    let others: [(String, Lanes)] = [
      ("seed", Self.normals(variant, seed: 2)),
      ("upper half of the seed", Self.normals(variant, seed: 1 | 1 << 32)),
      ("example", Self.normals(variant, example: 8)),
      ("upper half of the example", Self.normals(variant, example: 7 | 1 << 32)),
      ("stream", Self.normals(variant, stream: 2)),
      ("draws", Self.normals(variant, draw: 2048)),
      ("neighbouring draws", Self.normals(variant, draw: 1)),
      ("rows", Lanes(rows: 16, lanes: 2048) { base[($0 + 1) % 16, $1] }),
      ("rows of another block", Lanes(rows: 16, lanes: 2048) { base[($0 + 4) % 16, $1] }),
    ]
    let bound = 4 / Double(base.count).squareRoot()
    for (name, other) in others {
      #expect(abs(correlation(base.values, other.values)) < bound, "\(name)")
      #expect(abs(correlation(base.values.map { $0 * $0 }, other.values.map { $0 * $0 })) < bound, "squares, \(name)")
    }
  }

  func correlation(_ a: [Float], _ b: [Float]) -> Double {
    let n = Double(a.count)
    let meanA = a.reduce(0.0) { $0 + Double($1) } / n, meanB = b.reduce(0.0) { $0 + Double($1) } / n
    var ab = 0.0, aa = 0.0, bb = 0.0
    for (x, y) in zip(a, b) {
      ab += (Double(x) - meanA) * (Double(y) - meanB)
      aa += (Double(x) - meanA) * (Double(x) - meanA)
      bb += (Double(y) - meanB) * (Double(y) - meanB)
    }
    return ab / (aa * bb).squareRoot()
  }

  @Test(arguments: Variant.all) func uniformsAndLaplaces(variant: Variant) {
    let uniform = Lanes(rows: 5, lanes: 4096), laplace = Lanes(rows: 5, lanes: 4096)
    variant.kernels.uniforms(3, 1, 0, 0, 5, 4096, uniform.pointer)
    variant.kernels.laplaces(3, 1, 0, 0, 5, 4096, laplace.pointer)
    #expect(uniform.values.allSatisfy { $0 > 0 && $0 < 1 })
    let n = Double(uniform.count)
    let mean = uniform.values.reduce(0.0) { $0 + Double($1) } / n
    #expect(abs(mean - 0.5) < 4 * (1 / (12 * n)).squareRoot())
    for (u, x) in zip(uniform.values.map(Double.init), laplace.values) {
      // The rounding of u itself, magnified by the derivative of the inverse.
      let expected = u < 0.5 ? log(2 * u) : -log(2 * (1 - u))
      #expect(abs(Double(x) - expected) < 4e-7 * max(1, abs(expected)) + 0x1p-23 / min(u, 1 - u))
    }
  }

  @Test(arguments: Variant.all) func extremeUniforms(variant: Variant) {
    let at = PhiloxExtremes.smallest  // its first word is the largest
    let out = Lanes(rows: 1, lanes: 16), laplace = Lanes(rows: 1, lanes: 16)
    variant.kernels.uniforms(at.seed, at.example, at.draw, at.stream, 1, 16, out.pointer)
    variant.kernels.laplaces(at.seed, at.example, at.draw, at.stream, 1, 16, laplace.pointer)
    #expect(out[0, 0] == (1 as Float).nextDown)
    #expect(ulps(laplace[0, 0], from: 33 * log(2.0)) <= 2)
  }

  @Test(arguments: Variant.vectors) func agreesWithTheScalarVariant(variant: Variant) {
    let kernels = variant.kernels, reference = Variant.scalar.kernels
    let fills: [(String, Fill, Fill)] = [
      ("normals", { kernels.normals($0, $1, $2, $3, $4, $5, $6) }, { reference.normals($0, $1, $2, $3, $4, $5, $6) }),
      (
        "laplaces", { kernels.laplaces($0, $1, $2, $3, $4, $5, $6) }, { reference.laplaces($0, $1, $2, $3, $4, $5, $6) }
      ),
      (
        "uniforms", { kernels.uniforms($0, $1, $2, $3, $4, $5, $6) }, { reference.uniforms($0, $1, $2, $3, $4, $5, $6) }
      ),
    ]
    for (name, fill, reference) in fills {
      for rows in 1...9 {
        let found = Lanes(rows: rows, lanes: 112), expected = Lanes(rows: rows, lanes: 112)
        fill(9, 1 << 33, 12345, 255, rows, 112, found.pointer)
        reference(9, 1 << 33, 12345, 255, rows, 112, expected.pointer)
        for (x, y) in zip(found.values, expected.values) { #expect(ulps(x, from: Double(y)) <= 4, "\(name)") }
      }
    }
  }
}
