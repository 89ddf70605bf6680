import CKernels
import Testing

/// The arithmetic of chains and minimisers: every instruction set beside plain code.
@Suite struct ChainTests {
  @Test(arguments: Variant.all) func arithmetic(variant: Variant) {
    var source = Source(state: 5)
    let (rows, lanes) = (7, 48)
    let a = Lanes(rows: rows, lanes: lanes) { _, _ in source.float(-2...2) }
    let b = Lanes(rows: rows, lanes: lanes) { _, _ in source.float(-2...2) }
    let factor = (0..<lanes).map { _ in source.float(-2...2) }
    let sine = factor.map { $0 / 2 }
    func copy(_ x: Lanes) -> Lanes { Lanes(rows: rows, lanes: lanes) { x[$0, $1] } }
    let kernels = variant.kernels

    let scaled = copy(a)
    kernels.multiply_lanes(rows, lanes, factor, scaled.pointer)
    let (position, momentum) = (copy(a), copy(b))
    kernels.rotate(rows, lanes, factor, sine, position.pointer, momentum.pointer)
    let chosen = (0..<lanes).map { Int32($0 % 3 == 0 ? -7 : 0) }
    let replaced = copy(a)
    kernels.replace(rows, lanes, chosen, b.pointer, replaced.pointer)
    var totals = [Double](repeating: 1, count: lanes)
    kernels.dot(rows, lanes, a.pointer, b.pointer, 0.5, &totals)

    for lane in 0..<lanes {
      let products = (0..<rows).map { Double(a[$0, lane]) * Double(b[$0, lane]) }
      #expect(abs(totals[lane] - 1 - products.reduce(0, +) / 2) < 1e-13)
      for row in 0..<rows {
        let (x, y, f, s) = (a[row, lane], b[row, lane], factor[lane], sine[lane])
        // Two roundings where the processor has no fused product.
        #expect(scaled[row, lane] == x * f)
        #expect(abs(position[row, lane] - (f * x + s * y)) < 2e-6 && abs(momentum[row, lane] - (f * y - s * x)) < 2e-6)
        #expect(replaced[row, lane] == (lane % 3 == 0 ? y : x))
      }
    }
  }

  /// A lane that is no number is replaced like any other, and spoils no other.
  @Test(arguments: Variant.all) func notANumber(variant: Variant) {
    let lanes = 16
    let (a, b) = (Lanes(rows: 3, lanes: lanes) { _, lane in lane == 4 ? .nan : 1 }, Lanes(rows: 3, lanes: lanes))
    var totals = [Double](repeating: 0, count: lanes)
    variant.kernels.dot(3, lanes, a.pointer, a.pointer, 1, &totals)
    for lane in 0..<lanes { #expect(lane == 4 ? totals[lane].isNaN : totals[lane] == 3) }
    variant.kernels.replace(3, lanes, (0..<16).map { $0 == 4 ? 1 : 0 }, b.pointer, a.pointer)
    for value in a.values { #expect(value.isFinite) }
  }
}
