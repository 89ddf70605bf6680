import CKernels
import Foundation
import Testing

@Suite struct LayerTests {
  @Test(arguments: Variant.all) func softmax(variant: Variant) {
    var source = Source(state: 1)
    let input = Lanes(rows: 12, lanes: 32) { _, _ in source.float(-40...40) }
    let output = Lanes(rows: 12, lanes: 32) { input[$0, $1] }
    variant.kernels.softmax(3, 4, 32, output.pointer)
    for row in 0..<12 {
      for lane in 0..<32 {
        let run = (row / 4 * 4..<row / 4 * 4 + 4).map { Double(input[$0, lane]) }
        let expected = exp(Double(input[row, lane])) / run.reduce(0) { $0 + exp($1) }
        // The argument of the exponential is rounded: half a unit of up to 80.
        #expect(abs(Double(output[row, lane]) - expected) <= 5e-6 * expected + 1e-38)
      }
    }
  }

  /// Classes of one block, and of several with a rest; logits that rise, so that the largest changes; probabilities far below
  /// the least float.
  @Test(arguments: Variant.all, [4, 21]) func logSoftmax(variant: Variant, classes: Int) {
    var source = Source(state: 3)
    let rows = 3 * classes
    for (width, rise) in [(400, 0), (2, 0), (2, 7)] as [(Float, Float)] {
      let input = Lanes(rows: rows, lanes: 32) { row, _ in source.float(-width...width) + rise * Float(row % classes) }
      let output = Lanes(rows: rows, lanes: 32) { input[$0, $1] }
      variant.kernels.log_softmax(3, classes, 32, 1.5, output.pointer)
      for row in 0..<rows {
        for lane in 0..<32 {
          let first = row / classes * classes
          let run = (first..<first + classes).map { Double(input[$0, lane]) }
          let largest = run.max() ?? 0
          let expected = 1.5 + Double(input[row, lane]) - largest - log(run.reduce(0) { $0 + exp($1 - largest) })
          // Two differences of floats, and the sum of a few powers.
          #expect(abs(Double(output[row, lane]) - expected) <= 0x1p-23 * (4 + 4 * abs(expected)))
        }
      }
    }
  }

  @Test(arguments: Variant.all) func logSoftmaxOfNothingMuch(variant: Variant) {
    // A class that can't be, one that is no number, and one that is infinite: only the first has numbers beside it.
    for (value, isFinite) in [(-Float.infinity, true), (.nan, false), (.infinity, false)] {
      for place in [0, 3, 17, 20] {
        let data = Lanes(rows: 21, lanes: 16) { row, _ in row == place ? value : Float(row % 5) }
        variant.kernels.log_softmax(1, 21, 16, 0, data.pointer)
        #expect(!data[place, 5].isFinite)
        #expect((0..<21).allSatisfy { $0 == place || data[$0, 5].isFinite } == isFinite)
      }
    }
  }

  @Test(arguments: Variant.all) func layerNorm(variant: Variant) {
    var source = Source(state: 2)
    let scale = (0..<9).map { 1 + Float($0) / 4 }, offset = (0..<9).map { Float($0) - 4 }
    let input = Lanes(rows: 18, lanes: 32) { _, _ in source.float(-3...5) }
    let output = Lanes(rows: 18, lanes: 32) { input[$0, $1] }
    variant.kernels.layer_norm(2, 9, 32, 1e-3, scale, offset, output.pointer)
    for group in 0..<2 {
      for lane in 0..<32 {
        let run = (0..<9).map { Double(input[group * 9 + $0, lane]) }
        let mean = run.reduce(0, +) / 9
        let variance = run.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 9
        for i in 0..<9 {
          let expected = (run[i] - mean) / (variance + 1e-3).squareRoot() * Double(scale[i]) + Double(offset[i])
          #expect(abs(Double(output[group * 9 + i, lane]) - expected) < 1e-5)
        }
      }
    }
  }

  @Test(arguments: Variant.all) func affineAndAdd(variant: Variant) {
    let input = Lanes(rows: 3, lanes: 32) { Float($0 * 32 + $1) }
    let output = Lanes(rows: 3, lanes: 32) { input[$0, $1] }
    variant.kernels.affine(3, 32, [1, 2, -0.5], [0, 1, 4], output.pointer)
    for lane in 0..<32 {
      #expect(output[0, lane] == input[0, lane])
      #expect(output[1, lane] == 2 * input[1, lane] + 1)
      #expect(output[2, lane] == -0.5 * input[2, lane] + 4)
    }
    variant.kernels.add(96, input.pointer, output.pointer)
    #expect(output[2, 31] == 0.5 * input[2, 31] + 4)
  }

  @Test(arguments: Variant.all) func gathers(variant: Variant) {
    let input = Lanes(rows: 4, lanes: 16) { row, lane in row == 3 && lane == 7 ? .nan : Float((row * 5 + lane * 3) % 11)
    }
    let index: [Int32] = [0, 2, -1, -1, 1, 1, 3, 0, -1, -1, -1, -1]
    let weight: [Float] = [0.5, 0.25, 9, 9, 1, 1, 2, -1, 9, 9, 9, 9]
    let largest = Lanes(rows: 3, lanes: 16), sum = Lanes(rows: 3, lanes: 16)
    variant.kernels.gather_max(3, 4, index, input.pointer, 16, largest.pointer)
    variant.kernels.gather_sum(3, 4, index, weight, input.pointer, 16, sum.pointer)
    for lane in 0..<16 {
      let value = { (row: Int) in input[row, lane] }
      #expect(largest[0, lane] == max(value(0), value(2)))
      #expect(sum[0, lane] == 0.5 * value(0) + 0.25 * value(2))
      if lane == 7 {
        #expect(largest[1, lane].isNaN && sum[1, lane].isNaN)
      } else {
        #expect(largest[1, lane] == max(value(1), value(3), value(0)))
        #expect(sum[1, lane] == 2 * value(1) + 2 * value(3) - value(0))
      }
      #expect(largest[2, lane] == -.infinity && sum[2, lane] == 0)
    }
  }
}

@Suite struct LatentTests {
  @Test(arguments: Variant.all, [false, true]) func locationAndScale(variant: Variant, shared: Bool) {
    let stored: [(ck_form, Float, Double)] = [
      (CK_DIRECT, 0.7, Double(0.7 as Float)), (CK_LOG, -1.3, exp(Double(-1.3 as Float))),
      (CK_SQUARE, 0.3, Double(0.3 as Float).squareRoot()), (CK_LOG_SQUARE, 1.1, exp(Double(1.1 as Float) / 2)),
      (CK_LOG, -500, 0),
    ]
    let noise = Lanes(rows: 2, lanes: 32) { Float($1) / 7 - Float($0) }
    for (form, value, scale) in stored {
      let deviation = Lanes(rows: 2, lanes: shared ? 1 : 32) { _, _ in value }
      let mean = Lanes(rows: 2, lanes: shared ? 1 : 32) { row, _ in Float(row) + 0.25 }
      let z = Lanes(rows: 2, lanes: 32)
      let bad = variant.kernels.location_scale(
        2, 32, shared ? mean.shared() : mean.operand(), shared ? deviation.shared(form) : deviation.operand(form),
        noise.pointer, z.pointer)
      #expect(bad == 0)
      for row in 0..<2 {
        for lane in 0..<32 {
          let expected = Double(row) + 0.25 + scale * Double(noise[row, lane])
          #expect(abs(Double(z[row, lane]) - expected) < 1e-6 * (1 + abs(expected)))
        }
      }
      var total = [Double](repeating: 1, count: 32)
      variant.kernels.log_scale(2, 32, shared ? deviation.shared(form) : deviation.operand(form), -0.5, &total)
      let expected = form == CK_LOG ? Double(value) : log(scale)
      #expect(total.allSatisfy { abs($0 - 1 + expected) < 1e-12 * (1 + abs(expected)) })
    }
  }

  @Test(arguments: Variant.all) func badScales(variant: Variant) {
    let cases: [(ck_form, [Float])] = [
      (CK_DIRECT, [0, -1, .nan, .infinity]), (CK_SQUARE, [0, -1, .nan, .infinity]),
      (CK_LOG, [-.infinity, .nan, .infinity, 100]), (CK_LOG_SQUARE, [-.infinity, .nan, .infinity, 200]),
    ]
    for (form, values) in cases {
      let scale = Lanes(rows: 1, lanes: 16) { _, lane in lane < 4 ? values[lane] : 0.5 }
      let mean = Lanes(rows: 1, lanes: 16), z = Lanes(rows: 1, lanes: 16)
      #expect(variant.kernels.location_scale(1, 16, mean.operand(), scale.operand(form), mean.pointer, z.pointer) == 4)
      var total = [Double](repeating: 0, count: 16)
      variant.kernels.log_scale(1, 16, scale.operand(form), 1, &total)
      #expect(total[0..<3].allSatisfy(\.isNaN) && total[4...].allSatisfy(\.isFinite))
    }
  }

  @Test(arguments: Variant.all, [false, true]) func triangular(variant: Variant, shared: Bool) {
    let d = 5, lanes = 32
    var source = Source(state: 4)
    let factor = Lanes(rows: d * d, lanes: shared ? 1 : lanes) { row, _ in
      row % d > row / d ? .nan : row % d == row / d ? source.float(0.5...2) : source.float(-1...1)
    }
    let mean = Lanes(rows: d, lanes: lanes) { _, _ in source.float(-2...2) }
    let noise = Lanes(rows: d, lanes: lanes) { _, _ in source.float(-2...2) }
    let z = Lanes(rows: d, lanes: lanes)
    var back = [Double](repeating: 0, count: d * lanes)
    let tril = shared ? factor.shared() : factor.operand()
    #expect(variant.kernels.triangular(d, lanes, mean.operand(), tril, noise.pointer, z.pointer) == 0)
    #expect(variant.kernels.triangular_solve(d, lanes, z.operand(), mean.operand(), tril, &back) == 0)
    for lane in 0..<lanes {
      for i in 0..<d {
        let expected = (0...i).reduce(Double(mean[i, lane])) {
          $0 + Double(factor[i * d + $1, shared ? 0 : lane]) * Double(noise[$1, lane])
        }
        #expect(abs(Double(z[i, lane]) - expected) < 2e-6)
        #expect(abs(back[i * lanes + lane] - Double(noise[i, lane])) < 3e-5)
      }
    }
    factor[0, 0] = 0
    let forward = variant.kernels.triangular(d, lanes, mean.operand(), tril, noise.pointer, z.pointer)
    let backward = variant.kernels.triangular_solve(d, lanes, z.operand(), mean.operand(), tril, &back)
    #expect(forward == (shared ? lanes : 1) && backward == forward)
  }

  @Test(arguments: Variant.all) func mixtures(variant: Variant) {
    let infinity = Double.infinity
    // Lane by lane, the densities of two components.
    let lanes: [(Double, Double, Double)] = [
      (-1, -2, log(0.25 * exp(-1) + 0.75 * exp(-2))), (-1e4, -1e4 - 3, log(0.25 + 0.75 * exp(-3)) - 1e4),
      (-infinity, -5, log(0.75) - 5), (-infinity, -infinity, -infinity), (infinity, 3, infinity), (.nan, 1, .nan),
      (1, .nan, .nan), (infinity, infinity, infinity), (0, 0, 0),
    ]
    var densities = [Double](repeating: 0, count: 32)
    for (lane, value) in lanes.enumerated() { (densities[lane], densities[16 + lane]) = (value.0, value.1) }
    var total = [Double](repeating: 0, count: 16)
    variant.kernels.log_mixture(2, 16, [log(0.25), log(0.75)], densities, 1, &total)
    for (found, (_, _, expected)) in zip(total, lanes) {
      let close = abs(found - expected) < 1e-11 * (1 + abs(expected))
      #expect(close || found == expected || (found.isNaN && expected.isNaN))
    }
  }
}
