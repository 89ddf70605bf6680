import Foundation
import HDF5
import ModelFile
import Models
import Networks
import Testing

/// What is written is read again as it was.
@Suite struct RoundTripTests {
  private func expectSame(_ model: ModelDescription, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let file = try File(inMemory: "model.h5")
    try ModelFile.write(model, to: file)
    let copy = try File(readingImage: file.image(), name: "model.h5")
    #expect(try ModelFile.parse(copy) == model, sourceLocation: sourceLocation)
    // Parameters are listed under the paths that their datasets have.
    for parameter in model.parameters {
      let dataset = try copy.root.dataset(String(parameter.path.dropFirst()))
      #expect(dataset.shape == parameter.tensor.shape, "\(parameter.path)", sourceLocation: sourceLocation)
    }
  }

  @Test func wholeModel() throws {
    var model = Models.twoLayers
    model.about.name = "small"
    model.about.description = "größer als nötig"
    model.about.source = "a test"
    model.about.license = "CC0"
    model.dataFormat = .channelsFirst
    model.input.divideBy = 255
    model.input.binarize = .bernoulli
    model.input.dequantize = true
    model.encoders[0].given = [0, 2]
    model.encoders[1].given = [0]
    model.decoders[0].given = [1, 2]
    try expectSame(model)
  }

  @Test func onDisk() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try ModelFile.write(Models.twoLayers, to: path)
    #expect(try ModelFile.read(path).description == Models.twoLayers)
  }

  static let activations: [Activation] = [
    .identity, .relu, .leakyReLU(alpha: 0.3), .elu(alpha: 0.7), .selu, .tanh, .sigmoid, .softplus, .gelu, .geluTanh,
    .silu, .exp, .hardTanh(min: -0.1, max: 6), .softmax,
  ]

  @Test(arguments: activations) func everyActivation(activation: Activation) throws {
    try expectSame(with: Layer(.activation, activation: activation, name: "re_lu_1"))
    try expectSame(with: Models.dense(3, 3, activation))
  }

  static let operations: [Layer.Operation] = {
    var convolution = Convolution(weight: Models.tensor(6, 2, 3, 5), layout: .weight, bias: Models.tensor(6))
    convolution.stride = [2, 1]
    convolution.dilation = [1, 3]
    convolution.groups = 2
    convolution.padding = .explicit(top: 0, bottom: 1, left: 2, right: 3)
    var transposed = TransposedConvolution(weight: Models.tensor(4, 2, 3, 3), layout: .weight, bias: Models.tensor(4))
    transposed.stride = [2, 2]
    transposed.outputPadding = [1, 0]
    transposed.dilation = [2, 1]
    transposed.groups = 2
    transposed.padding = .same
    var batch = BatchNormalization(
      mean: Models.tensor(3), variance: Tensor([1, 2, 3]), scale: Models.tensor(3), offset: Models.tensor(3))
    batch.epsilon = 1e-5
    batch.axis = 2
    var layer = LayerNormalization(scale: Models.tensor(2), offset: Models.tensor(2))
    layer.epsilon = 1e-6
    return [
      .dense(Dense(weight: Models.tensor(2, 3), layout: .kernel)), .convolution(convolution),
      .convolution(Convolution(weight: Models.tensor(3, 3, 1, 8), layout: .kernel, bias: Models.tensor(8))),
      .transposedConvolution(transposed),
      .transposedConvolution(TransposedConvolution(weight: Models.tensor(3, 3, 8, 1), layout: .kernel)),
      .batchNormalization(batch), .batchNormalization(.init(mean: Models.tensor(2), variance: Tensor([0, 1]))),
      .layerNormalization(layer), .layerNormalization(LayerNormalization()), .flatten, .reshape([2, 1, 3]),
      .pooling(Pooling(.maximum, size: [2, 3])),
      .pooling(Pooling(.average, size: [3, 3], stride: [1, 2], padding: .same)),
      .upsampling(Upsampling(factor: [2, 3], mode: .bilinear)), .crop([1, 0, 2, 3]), .pad([0, 1, 0, 4]),
      .residual(body: Stack([Models.dense(3, 3)]), shortcut: Stack()),
      .residual(body: Stack([Models.dense(3, 3)]), shortcut: Stack([Models.dense(3, 3, .relu)])),
      .concatenation([Stack(), Stack([Models.dense(3, 2), Models.dense(2, 3)])]),
    ] + second
  }()

  /// The layers of version 2.
  static let second: [Layer.Operation] = {
    var convolution = Convolution(weight: Models.tensor(4, 2, 3), layout: .weight, bias: Models.tensor(4))
    (convolution.stride, convolution.dilation, convolution.groups) = ([2], [3], 2)
    convolution.padding = .explicit(top: 0, bottom: 0, left: 1, right: 2)
    var transposed = TransposedConvolution(weight: Models.tensor(3, 4, 2), layout: .kernel)
    (transposed.stride, transposed.dilation, transposed.outputPadding) = ([2], [1], [1])
    var group = GroupNormalization(groups: 2, scale: Models.tensor(4), offset: Models.tensor(4))
    group.epsilon = 1e-4
    var layer = LayerNormalization(scale: Models.tensor(2, 3))
    layer.axes = [0, 2]
    var upsampling = Upsampling(factor: [2, 3], mode: .bilinear)
    upsampling.alignsCorners = true
    return [
      .convolution1D(convolution), .transposedConvolution1D(transposed), .groupNormalization(group),
      .groupNormalization(GroupNormalization(groups: nil)), .layerNormalization(layer), .permute([1, 0]),
      .product([Stack(), Stack([Models.dense(3, 3)])]),
      .pixelShuffle(PixelShuffle(factor: [2, 2], order: .tensorflow)),
      .padBorder([1, 0, 2, 3], .reflect), .padBorder([1, 0, 2, 3], .replicate), .upsampling(upsampling),
    ]
  }()

  @Test func theLowestVersionIsWritten() throws {
    func version(_ layer: Layer?) throws -> Int? {
      var model = Models.oneLayer
      if let layer { model.encoders[0].trunk?.layers.append(layer) }
      let file = try File(inMemory: "version")
      try ModelFile.write(model, to: file)
      return try file.root.integer("version")
    }
    #expect(try version(nil) == 1)
    #expect(try version(Layer(.layerNormalization(LayerNormalization()))) == 1)
    for operation in Self.second { #expect(try version(Layer(operation)) == 2, "\(operation.name)") }
    let activations: [Activation] = [.abs, .log1p, .celu(alpha: 0.5), .prelu(slope: Tensor([0.25, 0.5, 1]))]
    for activation in activations {
      #expect(try version(Layer(.activation, activation: activation)) == 2, "\(activation.name)")
    }
  }

  @Test(arguments: [.celu(alpha: 0.5), .prelu(slope: Tensor([0.25, 0.5, 1])), .mish, .hardSigmoid] as [Activation])
  func everyActivation(_ activation: Activation) throws {
    try expectSame(with: Layer(.activation, activation: activation))
  }

  /// A file that says version 1 has none of this.
  @Test func theFirstVersionHasNoLayersOfTheSecond() throws {
    var model = Models.oneLayer
    model.encoders[0].trunk?.layers.append(Layer(.permute([0])))
    let file = try File(inMemory: "version")
    try ModelFile.write(model, to: file)
    try file.root.setAttribute("version", 1)
    let error = #expect(throws: ModelFileError.self) { try ModelFile.parse(file) }
    #expect(
      error?.problems.map(\.description) == ["/: attribute version is 1, which has no layer \"permute\"; expected 2"])
  }

  @Test(arguments: operations.indices) func everyLayer(index: Int) throws {
    try expectSame(with: Layer(Self.operations[index], activation: .relu))
  }

  private func expectSame(with layer: Layer) throws {
    var model = Models.oneLayer
    model.encoders[0].trunk?.layers.append(layer)
    try expectSame(model)
  }

  @Test func moreThanTenLayersKeepTheirOrder() throws {
    var model = Models.oneLayer
    model.decoders[0].trunk = Stack((1...12).map { Layer(.reshape([$0, 2])) })
    try expectSame(model)
  }

  /// Every distribution under every name of its parameters, as stacks and as constants.
  @Test(arguments: Distribution.allCases) func everyDistribution(distribution: Distribution) throws {
    let most = distribution.parameters.map(\.count).max() ?? 1
    for choice in 0..<most {
      for isConstant in [false, true] {
        var parameters: [ParameterName: Parameter] = [:]
        for row in distribution.parameters {
          let constant = Tensor(shape: [4], values: [0.25, 0.5, 0.75, 1])
          parameters[row[min(choice, row.count - 1)]] =
            isConstant ? .constant(constant) : .stack(Stack([Models.dense(2, 4)]))
        }
        var model = Models.oneLayer
        model.decoders[0] = Conditional(distribution, given: [1], parameters: parameters)
        if distribution == .discretizedLogistic || distribution == .logisticMixture { model.decoders[0].bins = 32 }
        try expectSame(model)
        if distribution.isLatent {
          model = Models.oneLayer
          model.encoders[0] = Conditional(distribution, given: [0], trunk: Stack(), parameters: parameters)
          try expectSame(model)
        }
      }
    }
  }

  @Test func scalarConstant() throws {
    var model = Models.oneLayer
    model.decoders[0] = Conditional(
      .normal, given: [1],
      parameters: [.mean: .stack(Stack([Models.dense(2, 4)])), .scale: .constant(Tensor(shape: [], values: [0.5]))])
    try expectSame(model)
  }

  @Test func everyFlow() throws {
    var model = Models.oneLayer
    model.encoders[0].flow = [
      .planar(u: Models.tensor(2), w: Models.tensor(2), b: 0.5),
      .affineCoupling(mask: Tensor([0, 1]), shift: Stack([Models.dense(2, 2)]), logScale: Stack()),
      .inverseAutoregressive(shift: Stack(), logScale: Stack([Models.dense(2, 2, .tanh)])),
    ]
    try expectSame(model)
  }

  static let priors: [Prior] =
    [
      .standardNormal, .vampPrior(logits: nil, pseudoInputs: Models.tensor(3, 4)),
      .vampPrior(logits: Models.tensor(3), pseudoInputs: Models.tensor(3, 4)),
    ]
    + [ParameterName.logVariance, .logScale, .scale, .variance].flatMap { name -> [Prior] in
      let scales = Tensor(shape: [3, 2], values: [1, 2, 3, 4, 5, 6])
      return [
        .normal(mean: Models.tensor(2), scaleName: name, scale: Tensor([1, 2])),
        .normalMixture(logits: nil, mean: Models.tensor(3, 2), scaleName: name, scale: scales),
        .normalMixture(logits: Models.tensor(3), mean: Models.tensor(3, 2), scaleName: name, scale: scales),
      ]
    }

  @Test(arguments: priors.indices) func everyPrior(index: Int) throws {
    var model = Models.oneLayer
    model.prior = Self.priors[index]
    try expectSame(model)
  }
}
