import CKernels
import Testing

struct ActivationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: ck_activation_kind
  var a: Float = 0
  var b: Float = 0
  let expected: [Double]
  /// In units of the last place.
  let bound: Double
  var atInfinity: (below: Float, above: Float)

  var testDescription: String { name }
  var activation: ck_activation { ck_activation(kind: kind, a: a, b: b) }

  static let all: [ActivationCase] = [
    .init(name: "relu", kind: CK_RELU, expected: ElementaryTable.relu, bound: 0, atInfinity: (0, .infinity)),
    .init(
      name: "leaky-relu", kind: CK_LEAKY_RELU, a: 0.3, expected: ElementaryTable.leakyReLU, bound: 0.5,
      atInfinity: (-.infinity, .infinity)),
    .init(name: "elu", kind: CK_ELU, a: 1.25, expected: ElementaryTable.elu, bound: 3, atInfinity: (-1.25, .infinity)),
    .init(
      name: "selu", kind: CK_SELU, expected: ElementaryTable.selu, bound: 3, atInfinity: (-1.7580993, .infinity)),
    .init(name: "tanh", kind: CK_TANH, expected: ElementaryTable.tanh, bound: 2.5, atInfinity: (-1, 1)),
    .init(name: "sigmoid", kind: CK_SIGMOID, expected: ElementaryTable.sigmoid, bound: 2.5, atInfinity: (0, 1)),
    .init(
      name: "softplus", kind: CK_SOFTPLUS, expected: ElementaryTable.softplus, bound: 2.5, atInfinity: (0, .infinity)),
    .init(name: "gelu", kind: CK_GELU, expected: ElementaryTable.gelu, bound: 4.5, atInfinity: (0, .infinity)),
    .init(
      name: "gelu-tanh", kind: CK_GELU_TANH, expected: ElementaryTable.geluTanh, bound: 3.5,
      atInfinity: (0, .infinity)),
    .init(name: "silu", kind: CK_SILU, expected: ElementaryTable.silu, bound: 3.5, atInfinity: (0, .infinity)),
    .init(name: "exp", kind: CK_EXP, expected: ElementaryTable.exp, bound: 1.5, atInfinity: (0, .infinity)),
    .init(
      name: "hard-tanh", kind: CK_HARD_TANH, a: -1.5, b: 2, expected: ElementaryTable.hardTanh, bound: 0,
      atInfinity: (-1.5, 2)),
  ]
}

@Suite struct ActivationTests {
  func activated(_ variant: Variant, _ activation: ck_activation, _ values: [Float]) -> [Float] {
    let padded = (values.count + 15) / 16 * 16
    let lanes = Lanes(rows: 1, lanes: padded) { _, lane in lane < values.count ? values[lane] : 0 }
    variant.kernels.activate(activation, lanes.pointer, padded)
    return Array(lanes.values[0..<values.count])
  }

  @Test(arguments: Variant.all, ActivationCase.all)
  func matchesTheTable(variant: Variant, function: ActivationCase) throws {
    let found = activated(variant, function.activation, ElementaryTable.arguments.map(Float.init))
    for (x, (value, expected)) in zip(ElementaryTable.arguments, zip(found, function.expected)) {
      #expect(ulps(value, from: expected) <= function.bound, "\(x): \(value), not \(expected)")
    }
  }

  @Test(arguments: Variant.all, ActivationCase.all)
  func edges(variant: Variant, function: ActivationCase) {
    let found = activated(variant, function.activation, [-.infinity, .infinity, .nan, -0.0])
    #expect(abs(found[0] - function.atInfinity.below) <= 2 * found[0].ulp || found[0] == function.atInfinity.below)
    #expect(found[1] == function.atInfinity.above)
    #expect(found[2].isNaN)
    #expect(found[3] == activated(Variant.scalar, function.activation, [0])[0])
  }

  /// The table has few arguments; the scalar variant, which computes in Double, serves for many.
  @Test(arguments: Variant.vectors, ActivationCase.all)
  func matchesTheScalarVariant(variant: Variant, function: ActivationCase) {
    let arguments = stride(from: UInt32(0), to: UInt32.max - 1_700_003, by: 1_700_003).map(Float.init(bitPattern:))
    let found = activated(variant, function.activation, arguments)
    let expected = activated(.scalar, function.activation, arguments)
    for (x, (value, expected)) in zip(arguments, zip(found, expected)) where !x.isNaN {
      #expect(ulps(value, from: Double(expected)) <= function.bound + 0.5, "\(x): \(value), not \(expected)")
    }
  }

  @Test(arguments: Variant.all) func identityAndPlace(variant: Variant) {
    let values = (0..<64).map { Float($0) * 0.37 - 11 }
    #expect(activated(variant, ck_activation(kind: CK_IDENTITY, a: 0, b: 0), values) == values)
    for function in ActivationCase.all {
      let whole = activated(variant, function.activation, values)
      let turned = activated(variant, function.activation, Array(values[5...] + values[..<5]))
      #expect(Array(whole[5...] + whole[..<5]).map(\.bitPattern) == turned.map(\.bitPattern), "\(function.name)")
    }
  }
}
