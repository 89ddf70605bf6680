import Models
import Testing

@testable import Networks

@Suite("Convolutions against their definition in double precision")
struct ConvolutionTests {
  /// A convolution or its transpose with random extents and options.
  private func layer(_ random: inout Random, transposed: Bool, channels: Int, groups: Int) -> Layer.Operation {
    let pick = { (random: inout Random, range: ClosedRange<Int>) in Int.random(in: range, using: &random) }
    let kernel = [pick(&random, 1...4), pick(&random, 1...4)]
    let stride = [pick(&random, 1...3), pick(&random, 1...3)]
    let dilation = [pick(&random, 1...2), pick(&random, 1...2)]
    let outputs = groups * [1, 1, 2, 2, 3, 5, 8, 9, 10][pick(&random, 0...8)]
    let layout: WeightLayout = transposed && groups > 1 ? .weight : pick(&random, 0...1) == 0 ? .kernel : .weight
    let bias = pick(&random, 0...1) == 0 ? nil : random.tensor([outputs])
    let paddings: [Padding] = [
      .valid, .same,
      .explicit(top: pick(&random, 0...1), bottom: pick(&random, 0...2), left: pick(&random, 0...2), right: 0),
    ]
    let padding = paddings[pick(&random, 0...2)]
    if transposed {
      let shape = layout == .kernel ? kernel + [outputs, channels] : [channels, outputs / groups] + kernel
      var layer = TransposedConvolution(weight: random.tensor(shape), layout: layout, bias: bias)
      layer.stride = stride
      layer.dilation = dilation
      layer.groups = groups
      layer.padding = padding
      if padding != .same { layer.outputPadding = [pick(&random, 0...2), pick(&random, 0...1)] }
      return .transposedConvolution(layer)
    }
    let shape = layout == .kernel ? kernel + [channels / groups, outputs] : [outputs, channels / groups] + kernel
    var layer = Convolution(weight: random.tensor(shape), layout: layout, bias: bias)
    layer.stride = stride
    layer.dilation = dilation
    layer.groups = groups
    layer.padding = padding
    return .convolution(layer)
  }

  @Test("Random shapes and options", arguments: [false, true], [DataFormat.channelsLast, .channelsFirst])
  func random(transposed: Bool, format: DataFormat) throws {
    var random = Random(transposed ? 3 : 4)
    for _ in 0..<60 {
      let groups = Int.random(in: 1...2, using: &random)
      let channels = groups * Int.random(in: 1...3, using: &random)
      let image = ReferenceTensor(
        image: Int.random(in: 7...9, using: &random), Int.random(in: 7...10, using: &random), channels, format)
      let operation = layer(&random, transposed: transposed, channels: channels, groups: groups)
      let stack = Stack([Layer(operation, activation: .tanh)])
      let examples = (0..<3).map { _ in random.tensor(image.shape).values }
      let (shape, outputs) = try run(stack, on: examples, shape: image.shape, format: format)
      for (example, output) in zip(examples, outputs) {
        let expected = ReferenceStack(format: format)(
          stack, ReferenceTensor(shape: image.shape, values: example.map(Double.init)))
        #expect(shape == expected.shape)
        expectClose(output, expected.values, 1e-5, "\(operation.name) \(image.shape)")
      }
    }
  }

  @Test("Borders multiply zeros where packing their weights apart would take much room", arguments: [false, true])
  func zeroRows(transposed: Bool) throws {
    var random = Random(9)
    let (channels, outputs) = (24, 240)
    let weight = random.tensor([3, 3] + (transposed ? [outputs, channels] : [channels, outputs]), 0.2)
    var plain = Convolution(weight: weight, layout: .kernel)
    plain.padding = .same
    var transpose = TransposedConvolution(weight: weight, layout: .kernel)
    transpose.padding = .same
    let operation = transposed ? Layer.Operation.transposedConvolution(transpose) : .convolution(plain)
    let stack = Stack([Layer(operation)])
    let program = try compile(stack, shape: [4, 5, channels])
    guard case .convolution(let step)? = program.steps.first else {
      Issue.record("not a convolution")
      return
    }
    #expect(step.packed.count == 1 && step.tables.contains { $0.rows.contains { $0 < 0 } })
    let example = random.tensor([4, 5, channels])
    let output = try run(stack, on: [example.values], shape: example.shape).outputs[0]
    expectClose(output, ReferenceStack(format: .channelsLast)(stack, ReferenceTensor(example)).values)
  }

  @Test("A transposed convolution multiplies no structural zeros")
  func phases() throws {
    var random = Random(5)
    var layer = TransposedConvolution(weight: random.tensor([3, 3, 8, 4]), layout: .kernel)
    layer.stride = [2, 2]
    layer.padding = .same
    var planner = Planner(dataFormat: .channelsLast)
    let plan = planner.plan(Stack([Layer(.transposedConvolution(layer))]), input: [7, 7, 4], path: "")
    // 7 × 7 inputs reach 3 × 3 outputs each; those of the last row and column fall outside in one direction.
    #expect(plan?.multiplyAdds == 20 * 20 * 8 * 4)
  }

  @Test(
    "Batch normalization and activations after a convolution", arguments: [DataFormat.channelsLast, .channelsFirst])
  func epilogue(format: DataFormat) throws {
    var random = Random(6)
    var convolution = Convolution(weight: random.tensor([3, 3, 2, 5]), layout: .kernel, bias: random.tensor([5]))
    convolution.padding = .same
    var variance = random.tensor([5])
    variance.values = variance.values.map { 1 + $0 * $0 }
    let normalization = BatchNormalization(
      mean: random.tensor([5]), variance: variance, scale: random.tensor([5]), offset: random.tensor([5]))
    let stack = Stack([
      Layer(.convolution(convolution)), Layer(.batchNormalization(normalization), activation: .elu()),
      Layer(.activation, activation: .softmax), Layer(.activation, activation: .sigmoid),
    ])
    let image = ReferenceTensor(image: 5, 4, 2, format)
    let example = random.tensor(image.shape)
    let output = try run(stack, on: [example.values], shape: image.shape, format: format).outputs[0]
    expectClose(output, ReferenceStack(format: format)(stack, ReferenceTensor(example)).values)
  }

  @Test("Images joined along their channels, and added")
  func joined() throws {
    var random = Random(7)
    for format in [DataFormat.channelsLast, .channelsFirst] {
      let shape = ReferenceTensor(image: 3, 4, 2, format).shape
      var convolution = Convolution(weight: random.tensor([3, 3, 2, 3]), layout: .kernel)
      convolution.padding = .same
      let branch = Stack([Layer(.convolution(convolution), activation: .relu)])
      var back = Convolution(weight: random.tensor([1, 1, 5, 2]), layout: .kernel)
      back.padding = .same
      let stack = Stack([
        Layer(
          .residual(
            body: Stack([Layer(.concatenation([branch, Stack()])), Layer(.convolution(back))]), shortcut: Stack()))
      ])
      let example = random.tensor(shape)
      let reference = ReferenceStack(format: format)
      let input = ReferenceTensor(example)
      let part = reference(branch, input)
      var both = ReferenceTensor(image: 3, 4, 5, format)
      for y in 0..<3 {
        for x in 0..<4 {
          for c in 0..<5 { both[y, x, c, format] = c < 3 ? part[y, x, c, format] : input[y, x, c - 3, format] }
        }
      }
      let sum = zip(reference(Stack([Layer(.convolution(back))]), both).values, input.values).map { $0 + $1 }
      expectClose(try run(stack, on: [example.values], shape: shape, format: format).outputs[0], sum)
    }
  }

  @Test("Intermediate results share memory")
  func memory() throws {
    var random = Random(8)
    var layers: [Layer] = []
    for _ in 0..<6 {
      var convolution = Convolution(weight: random.tensor([3, 3, 4, 4]), layout: .kernel)
      convolution.padding = .same
      layers.append(Layer(.convolution(convolution), activation: .relu))
    }
    let program = try compile(Stack(layers), shape: [6, 6, 4])
    #expect(program.scratchRows == 2 * 6 * 6 * 4)
  }
}
