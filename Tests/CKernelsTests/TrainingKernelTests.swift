import CKernels
import Testing

@Suite("Kernels of training")
struct TrainingKernelTests {
  /// Whole numbers sum without rounding, so that every shape can be held to equality.
  @Test("The gradient of weights, every shape around the tile", arguments: Variant.all)
  func weightGradient(variant: Variant) {
    for outputs in [1, 3, 4, 5, 8, 9, 17] {
      for (inputs, lanes) in [(1, 16), (15, 32), (16, 48), (5, 16), (33, 64), (7, 288)] {
        for isGathered in [false, true] {
          for begins in [false, true] { check(variant, outputs, inputs, lanes, isGathered, begins) }
        }
      }
    }
  }

  private func check(
    _ variant: Variant, _ outputs: Int, _ inputs: Int, _ lanes: Int, _ isGathered: Bool, _ begins: Bool
  ) {
    var source = Source(state: UInt64(outputs * 1_000_003 + inputs * 1009 + lanes))
    func draw() -> Float { Float(Int.random(in: -4...4, using: &source)) }
    let deltaStep = isGathered ? 2 : 1
    let delta = Lanes(rows: outputs * deltaStep, lanes: lanes) { _, _ in draw() }
    let input = Lanes(rows: inputs + 2, lanes: lanes) { _, _ in draw() }
    let rows = (0..<inputs).map { Int32(isGathered ? ($0 * 7 + 3) % (inputs + 3) - 1 : $0) }
    let step = ck_weight_step(inputs)
    var gradient = (0..<outputs * step).map { Float($0 % 5) }
    let before = gradient
    var scratch = [Float](repeating: .nan, count: ck_weight_scratch(inputs, lanes))
    rows.withUnsafeBufferPointer { rows in
      variant.kernels.weight_gradient(
        outputs, inputs, delta.pointer, deltaStep, input.pointer, isGathered ? rows.baseAddress : nil, lanes,
        begins ? 1 : 0, &scratch, &gradient)
    }
    var isRight = true
    for output in 0..<outputs {
      for column in 0..<step {
        var expected = begins ? 0 : before[output * step + column]
        if column < inputs, rows[column] >= 0 {
          for lane in 0..<lanes { expected += delta[output * deltaStep, lane] * input[Int(rows[column]), lane] }
        } else if column == inputs {
          for lane in 0..<lanes { expected += delta[output * deltaStep, lane] }
        }
        isRight = isRight && gradient[output * step + column] == expected
      }
    }
    #expect(isRight, "\(outputs) outputs, \(inputs) inputs, \(lanes) lanes, gathered: \(isGathered)")
  }

  @Test("Weights packed a few rows at a time are those that ck_pack packs", arguments: Variant.all)
  func packing(variant: Variant) {
    for (outputs, inputs) in [(1, 1), (4, 7), (8, 8), (13, 5), (20, 33)] {
      let step = ck_weight_step(inputs)
      let weights = (0..<outputs * inputs).map { Float($0 + 1) }
      let bias = (0..<outputs).map { -Float($0 + 1) }
      var matrix = [Float](repeating: 0, count: outputs * step)
      for output in 0..<outputs {
        for input in 0..<inputs { matrix[output * step + input] = weights[output * inputs + input] }
        matrix[output * step + inputs] = bias[output]
      }
      var expected = [Float](repeating: 0, count: ck_packed_count(outputs, inputs))
      ck_pack(outputs, inputs, weights, inputs, 1, bias, &expected)
      var expectedTransposed = [Float](repeating: 0, count: ck_packed_count(inputs, outputs))
      ck_pack(inputs, outputs, weights, 1, inputs, nil, &expectedTransposed)
      var packed = [Float](repeating: .nan, count: expected.count)
      var transposed = [Float](repeating: 0, count: expectedTransposed.count)
      for first in stride(from: 0, to: outputs, by: 8) {
        variant.kernels.pack_weights(
          outputs, inputs, matrix, first, min(8, outputs - first), &packed, &transposed)
      }
      #expect(packed == expected && transposed == expectedTransposed, "\(outputs) outputs, \(inputs) inputs")
    }
  }

  @Test("Adam against its formula in double precision", arguments: Variant.all)
  func adam(variant: Variant) {
    var source = Source(state: 3)
    let count = 32
    var (weight, first, second) = (
      [Float](repeating: 0.5, count: count), [Float](repeating: 0, count: count), [Float](repeating: 0, count: count)
    )
    var (m, v, w) = (
      [Double](repeating: 0, count: count), [Double](repeating: 0, count: count), [Double](repeating: 0.5, count: count)
    )
    var (firstPower, secondPower) = (1.0, 1.0)
    for _ in 0..<5 {
      let gradient = (0..<2 * count).map { _ in source.float(-1...1) }
      firstPower *= 0.9
      secondPower *= 0.999
      let numbers = ck_adam(
        first_decay: 0.9, second_decay: 0.999, rate: Float(0.01 / (1 - firstPower)),
        second_scale: Float(1 / (1 - secondPower).squareRoot()), epsilon: 1e-4)
      variant.kernels.adam(count, 2, count, gradient, numbers, &weight, &first, &second)
      for i in 0..<count {
        let slope = Double(gradient[i] + gradient[count + i])
        m[i] = 0.9 * m[i] + 0.1 * slope
        v[i] = 0.999 * v[i] + 0.001 * slope * slope
        w[i] += 0.01 * (m[i] / (1 - firstPower)) / ((v[i] / (1 - secondPower)).squareRoot() + 1e-4)
      }
    }
    // Five steps of 0.01, each with a few roundings of 2⁻²⁴ and the 3·10⁻⁵ that the float 1 − 0.999 is off.
    let error = zip(weight, w).map { abs(Double($0) - $1) }.max() ?? 1
    #expect(error < 5e-6)
  }
}
