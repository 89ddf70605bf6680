import Models
import Testing

@testable import Networks

@Suite("Layers against their formulas in double precision")
struct LayerTests {
  static let activations: [Activation] = [
    .identity, .relu, .leakyReLU(), .leakyReLU(alpha: 0.3), .elu(), .elu(alpha: 0.5), .selu, .tanh, .sigmoid,
    .softplus, .gelu, .geluTanh, .silu, .exp, .hardTanh(), .hardTanh(min: -0.5, max: 2), .softmax, .abs, .square,
    .hardSigmoid, .hardSwish, .mish, .softsign, .celu(), .celu(alpha: 0.5), .prelu(slope: Tensor([0.25])),
  ]

  private func check(_ stack: Stack, shape: [Int], _ random: inout Random) throws {
    let examples = (0..<19).map { _ in random.tensor(shape, 2) }
    for instructions in InstructionSet.available {
      let (found, outputs) = try run(stack, on: examples.map(\.values), shape: shape, instructions)
      for (example, output) in zip(examples, outputs) {
        let expected = ReferenceStack(format: .channelsLast)(stack, ReferenceTensor(example))
        #expect(found == expected.shape)
        expectClose(output, expected.values, 1e-5, "\(instructions)")
      }
    }
  }

  @Test("Activations, alone and after a dense layer", arguments: activations)
  func activation(_ activation: Activation) throws {
    var random = Random(1)
    try check(Stack([Layer(.activation, activation: activation)]), shape: [7], &random)
    try check(Stack([random.dense(7, 35, activation: activation)]), shape: [7], &random)
    try check(Stack([random.dense(3, 5, activation: activation), random.dense(5, 2)]), shape: [4, 3], &random)
  }

  @Test("Batch normalization along each axis", arguments: [nil, 0, 1])
  func batchNormalization(axis: Int?) throws {
    var random = Random(2)
    let channels = axis == 0 ? 4 : 3
    var variance = random.tensor([channels])
    variance.values = variance.values.map { 1 + $0 }
    var layer = BatchNormalization(
      mean: random.tensor([channels]), variance: variance, scale: random.tensor([channels]), offset: nil)
    layer.axis = axis
    try check(Stack([Layer(.batchNormalization(layer), activation: .relu)]), shape: [4, 3], &random)
    try check(
      Stack([random.dense(3, 3), Layer(.batchNormalization(layer)), Layer(.batchNormalization(layer))]),
      shape: [4, 3], &random)
  }

  @Test("Layer normalization")
  func layerNormalization() throws {
    var random = Random(3)
    let layer = LayerNormalization(scale: random.tensor([6]), offset: random.tensor([6]))
    try check(Stack([Layer(.layerNormalization(layer), activation: .silu), random.dense(6, 2)]), shape: [6], &random)
    try check(Stack([random.dense(5, 6), Layer(.layerNormalization(LayerNormalization()))]), shape: [3, 5], &random)
  }

  @Test("Residuals, joins and reshapes, inside one another")
  func nested() throws {
    var random = Random(4)
    let inner = Layer(
      .residual(body: Stack([random.dense(6, 6, activation: .tanh), random.dense(6, 6)]), shortcut: Stack()),
      activation: .relu)
    let projected = Layer(.residual(body: Stack([inner, random.dense(6, 4)]), shortcut: Stack([random.dense(6, 4)])))
    let joined = Layer(
      .concatenation([Stack(), Stack([inner]), Stack([random.dense(6, 3), Layer(.activation, activation: .exp)])]))
    let stacks = [
      Stack([inner]), Stack([projected]), Stack([joined, random.dense(15, 2)]),
      Stack([inner, inner, joined, Layer(.activation, activation: .tanh), random.dense(15, 6), projected]),
      Stack([
        Layer(.reshape([3, 2])), random.dense(2, 3), Layer(.flatten), random.dense(9, 6, activation: .elu()), inner,
      ]),
      Stack([
        Layer(.product([Stack([random.dense(6, 4, activation: .sigmoid)]), Stack([random.dense(6, 4)])])),
        random.dense(4, 6), inner,
      ]),
      Stack([
        Layer(.product([Stack(), Stack([random.dense(6, 1)]), Stack([inner]), Stack([random.dense(6, 6)])])),
        Layer(.product([Stack(), Stack()])),
      ]),
      Stack(), Stack([Layer(.flatten)]), Stack([Layer(.residual(body: Stack(), shortcut: Stack()))]),
      Stack([Layer(.activation, activation: .relu), Layer(.activation, activation: .tanh), inner]),
    ]
    for stack in stacks { try check(stack, shape: [6], &random) }
  }
}
