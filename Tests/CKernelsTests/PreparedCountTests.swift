import CKernels
import Foundation
import Testing

/// Small counts in floats, as models with an exposure have them.
@Suite("Prepared counts")
struct PreparedCountTests {
  /// 21 rows, no multiple of the eight that are added up at once; more lanes than are taken at once.
  private static let rows = 21
  private static let lanes = 160
  private static let densities = [CK_POISSON, CK_NEGATIVE_BINOMIAL, CK_ZERO_INFLATED_NEGATIVE_BINOMIAL]

  struct Input {
    let x, mean, dispersion, logit: Lanes

    /// Zeros, small counts, fractions, and two that are too large; dispersions from nothing to beyond what floats take.
    init(spread: Float = 4) {
      var source = Source(state: 11)
      let counts: [Float] = [0, 0, 0, 1, 0, 0, 2, 0, 0, 0.5, 0, 64, 0, 65, 0, 0, 3000, 0, 0, 17, 0]
      x = Lanes(rows: rows, lanes: 1) { row, _ in counts[row] }
      mean = Lanes(rows: rows, lanes: lanes) { _, _ in source.float(-spread...spread) }
      dispersion = Lanes(rows: rows, lanes: 1) { row, _ in row == 4 ? 25 : row == 5 ? -25 : source.float(-6...6) }
      logit = Lanes(rows: rows, lanes: lanes) { _, _ in source.float(-spread...spread) }
    }

    /// `isFast` is false for the way that other tests hold against tables by mpmath.
    func density(
      _ variant: Variant, _ density: ck_density, isFast: Bool, epsilon: Double = 0, from lane: Int = 0, lanes: Int
    )
      -> (total: [Double], bad: Int)
    {
      variant.kernels.logDensity(
        density, rows: rows, lanes: lanes, x: x.shared(),
        [mean.operand(CK_LOG, from: lane), dispersion.shared(CK_LOG), logit.operand(from: lane)], epsilon: epsilon,
        isPrepared: isFast)
    }

    /// What a lane's terms can be off by: a few roundings of a float each, of terms that don't cancel, and of the logarithms in
    /// them.
    func tolerance(lane: Int) -> Double {
      (0..<rows).reduce(0) { sum, row in
        let (x, mean, r) = (Double(x[row, 0]), Double(mean[row, lane]), Double(dispersion[row, 0]))
        let softplus = { (x: Double) in max(x, 0) + log1p(exp(-abs(x))) }
        let t = mean - r
        let size = x * softplus(-t) + exp(r) * softplus(t) + softplus(Double(abs(logit[row, lane]))) + exp(mean)
        return sum + 0x1p-23 * (4 + abs(t)) * (size + x)
      }
    }
  }

  @Test("Floats are near doubles", arguments: Variant.vectors, [0, 1e-8, 1e-3])
  func areNear(variant: Variant, epsilon: Double) {
    let input = Input()
    for density in Self.densities {
      let precise = input.density(variant, density, isFast: false, epsilon: epsilon, lanes: Self.lanes)
      let fast = input.density(variant, density, isFast: true, epsilon: epsilon, lanes: Self.lanes)
      #expect(fast.bad == 0)
      #expect(fast.total != precise.total, "the fast way is taken")
      for lane in 0..<Self.lanes {
        let apart = abs(fast.total[lane] - precise.total[lane])
        #expect(apart <= input.tolerance(lane: lane), "\(density), lane \(lane): apart by \(apart)")
      }
    }
  }

  @Test("A sum over many zeros keeps what each of them is off by small", arguments: Variant.vectors)
  func manyZeros(variant: Variant) {
    var source = Source(state: 3)
    let (genes, lanes) = (2000, 16)
    let x = Lanes(rows: genes, lanes: 1), dispersion = Lanes(rows: genes, lanes: 1) { _, _ in source.float(-2...2) }
    let mean = Lanes(rows: genes, lanes: lanes) { _, _ in source.float(-8...0) }
    let logit = Lanes(rows: genes, lanes: lanes) { _, _ in source.float(-3...3) }
    for density in Self.densities {
      let totals = [false, true].map {
        variant.kernels.logDensity(
          density, rows: genes, lanes: lanes, x: x.shared(),
          [mean.operand(CK_LOG), dispersion.shared(CK_LOG), logit.operand()], isPrepared: $0
        ).total
      }
      // Half a unit in the last place of a float, relative to the whole sum.
      for (precise, fast) in zip(totals[0], totals[1]) { #expect(abs(fast - precise) <= 0x1p-24 * abs(precise)) }
    }
  }

  @Test("What is far out is what doubles say, in its lane only", arguments: Variant.vectors)
  func farOut(variant: Variant) {
    let input = Input()
    let near = Self.densities.map { input.density(variant, $0, isFast: true, lanes: Self.lanes) }
    input.mean[0, 3] = -300
    input.mean[18, 20] = 75
    input.logit[2, 37] = -90
    input.logit[12, 150] = .infinity
    for (density, near) in zip(Self.densities, near) {
      let fast = input.density(variant, density, isFast: true, lanes: Self.lanes)
      let precise = input.density(variant, density, isFast: false, lanes: Self.lanes)
      #expect(fast.bad == 0)
      for lane in 0..<Self.lanes {
        let isFar =
          [3, 20].contains(lane) || density == CK_ZERO_INFLATED_NEGATIVE_BINOMIAL && [37, 150].contains(lane)
        if isFar {
          // The rows beside it, of other eights, are floats still.
          #expect(
            fast.total[lane] == precise.total[lane]
              || abs(fast.total[lane] - precise.total[lane]) <= 1e-6 * abs(precise.total[lane]))
        } else {
          #expect(fast.total[lane] == near.total[lane], "\(density), lane \(lane)")
        }
      }
    }
  }

  @Test("Means that are no numbers are counted", arguments: Variant.vectors)
  func invalidMeans(variant: Variant) {
    let input = Input()
    input.mean[1, 40] = .nan
    input.mean[3, 41] = -.infinity
    input.mean[13, 42] = .nan
    for density in Self.densities {
      let found = input.density(variant, density, isFast: true, lanes: Self.lanes)
      #expect(found.bad == 3)
      for lane in 0..<Self.lanes { #expect(found.total[lane].isNaN == (40...42).contains(lane)) }
    }
  }

  @Test("A lane is the same wherever it stands", arguments: Variant.vectors)
  func anywhere(variant: Variant) {
    let input = Input()
    input.mean[8, 50] = -200
    for density in Self.densities {
      let whole = input.density(variant, density, isFast: true, epsilon: 1e-8, lanes: Self.lanes).total
      for (first, lanes) in [(0, 16), (48, 96), (37, 48), (144, 16)] {
        let part = input.density(variant, density, isFast: true, epsilon: 1e-8, from: first, lanes: lanes).total
        #expect(part == Array(whole[first..<first + lanes]))
      }
    }
  }
}
