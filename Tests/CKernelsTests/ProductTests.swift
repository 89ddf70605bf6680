import CKernels
import Testing

@Suite struct ProductTests {
  /// Whole numbers below 2¹¹ sum without rounding, so that every shape can be held to equality; the same product of
  /// random numbers is held to the error of its chain of additions.
  func check(_ variant: Variant, outputs: Int, inputs: Int, lanes: Int, whole: Bool, gathered: Bool) {
    var source = Source(state: UInt64(outputs * 1_000_003 + inputs * 1009 + lanes))
    func draw() -> Float { whole ? Float(Int.random(in: -8...8, using: &source)) : source.float(-1...1) }
    let weights = (0..<outputs * inputs).map { _ in draw() }
    let bias = (0..<outputs).map { _ in draw() }
    let input = Lanes(rows: inputs + 2, lanes: lanes) { _, _ in draw() }
    var rows = (0..<inputs).map { Int32($0) }
    if gathered { for k in 0..<inputs { rows[k] = Int32((k * 7 + 3) % (inputs + 3)) - 1 } }

    var packed = [Float](repeating: .nan, count: ck_packed_count(outputs, inputs))
    ck_pack(outputs, inputs, weights, inputs, 1, bias, &packed)
    let step = gathered ? 2 : 1
    let output = Lanes(rows: outputs * step, lanes: lanes) { _, _ in -77 }
    packed.withUnsafeBufferPointer { packed in
      rows.withUnsafeBufferPointer { rows in
        variant.kernels.product(
          outputs, inputs, packed.baseAddress, input.pointer, gathered ? rows.baseAddress : nil, lanes, output.pointer,
          step)
      }
    }
    var worst = 0.0
    for o in 0..<outputs {
      for lane in 0..<lanes {
        var sum = Double(bias[o]), size = abs(sum)
        for k in 0..<inputs where rows[k] >= 0 {
          let term = Double(weights[o * inputs + k]) * Double(input[Int(rows[k]), lane])
          sum += term
          size += abs(term)
        }
        // n roundings of partial sums, each at most half a unit of 2⁻²³ of what has been summed.
        let bound = whole ? 0 : size * Double(inputs + 1) * 0x1p-24
        worst = max(worst, abs(Double(output[o * step, lane]) - sum) - bound)
      }
    }
    #expect(worst <= 0, "\(outputs) outputs, \(inputs) inputs, \(lanes) lanes, gathered: \(gathered)")
    if gathered { #expect((0..<outputs).allSatisfy { output[$0 * 2 + 1, 0] == -77 }, "rows in between are left alone") }
  }

  @Test(arguments: Variant.all) func everyShapeAroundTheTile(variant: Variant) {
    for outputs in 1...17 {
      for inputs in [1, 2, 3, 9] {
        check(
          variant, outputs: outputs, inputs: inputs, lanes: 16 * (1 + (outputs + inputs) % 7), whole: true,
          gathered: outputs % 2 == 0)
      }
    }
    for lanes in stride(from: 16, through: 160, by: 16) {
      check(variant, outputs: 5, inputs: 4, lanes: lanes, whole: true, gathered: false)
      check(variant, outputs: 9, inputs: 5, lanes: lanes, whole: true, gathered: true)
    }
  }

  @Test(arguments: Variant.all) func longSums(variant: Variant) {
    check(variant, outputs: 11, inputs: 200, lanes: 48, whole: false, gathered: false)
    check(variant, outputs: 3, inputs: 600, lanes: 16, whole: false, gathered: true)
    check(variant, outputs: 131, inputs: 300, lanes: 16, whole: true, gathered: false)
    check(variant, outputs: 4, inputs: 0, lanes: 32, whole: true, gathered: false)
  }

  @Test(arguments: Variant.vectors) func manyInputs(variant: Variant) {
    check(variant, outputs: 137, inputs: 600, lanes: 16, whole: true, gathered: false)
  }

  @Test func packing() {
    var packed = [Float](repeating: .nan, count: ck_packed_count(9, 2))
    ck_pack(9, 2, (0..<18).map(Float.init), 1, 9, nil, &packed)
    #expect(packed[0..<8].allSatisfy { $0 == 0 })
    let first: [Float] = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16]
    #expect(Array(packed[8..<24]) == first)
    var last = [Float](repeating: 0, count: 24)
    (last[8], last[16]) = (8, 17)
    #expect(Array(packed[24...]) == last)
  }
}
