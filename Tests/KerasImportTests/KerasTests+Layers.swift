import HDF5
import Models
import Networks
import Testing

@testable import KerasImport

extension KerasTests {
  /// What each layer of Keras becomes.
  @Suite struct Layers {
    typealias F = KerasFixtures

    /// A layer between an input and the end of a graph.
    static func translate(_ layer: String, shape: [Int], weights: [F.Weight] = []) throws -> LayerTranslator.Translation
    {
      let input = F.layer(
        "InputLayer", "in", #""batch_shape": [null, \#(shape.map(String.init).joined(separator: ", "))]"#)
      let config = F.functional(
        "m", [input, layer, F.layer("Flatten", "end", from: F.call("it"))], inputs: ["in"], outputs: ["it"])
      let file = try F.file("m.h5", F.named([("it", weights)], config: [config], at: "model_weights"))
      let model = try #require(file.model)
      var notes: [KerasAssumption] = []
      let unit = KerasUnit(
        model: model, weights: try #require(file.weights).assigned(to: model, notes: &notes), file: "m.h5",
        weightsFile: "m.h5", backend: file.backend)
      let graph = try KerasGraph(model, file: "m.h5")
      var translator = LayerTranslator(unit, graph: graph)
      return try translator.translate(1, shape: shape)
    }

    static func layer(_ className: String, _ config: String = "") -> String {
      F.layer(className, "it", config, from: F.call("in"))
    }

    struct Case: CustomTestStringConvertible {
      var layer: String
      var shape: [Int]
      var result: [Int]
      var operations: [Layer.Operation] = [.activation]
      var activation = Activation.identity
      var testDescription: String { layer }
    }

    static let activations: [Case] = [
      Case(layer: layer("Activation", #""activation": "tanh""#), shape: [3], result: [3], activation: .tanh),
      Case(
        layer: layer("Activation", #""activation": "relu6""#), shape: [3], result: [3],
        activation: .hardTanh(min: 0, max: 6)),
      Case(layer: layer("LeakyReLU"), shape: [3], result: [3], activation: .leakyReLU(alpha: 0.3)),
      Case(layer: layer("LeakyReLU", #""alpha": 0.2"#), shape: [3], result: [3], activation: .leakyReLU(alpha: 0.2)),
      Case(
        layer: layer("LeakyReLU", #""negative_slope": 0.1"#), shape: [3], result: [3],
        activation: .leakyReLU(alpha: 0.1)),
      Case(layer: layer("ReLU"), shape: [3], result: [3], activation: .relu),
      Case(layer: layer("ReLU", #""max_value": 6.0"#), shape: [3], result: [3], activation: .hardTanh(min: 0, max: 6)),
      Case(
        layer: layer("ReLU", #""negative_slope": 0.25"#), shape: [3], result: [3], activation: .leakyReLU(alpha: 0.25)),
      Case(layer: layer("ELU", #""alpha": 0.5"#), shape: [3], result: [3], activation: .elu(alpha: 0.5)),
      Case(layer: layer("Softmax"), shape: [3], result: [3], activation: .softmax),
    ]
    static let shapes: [Case] = [
      Case(layer: layer("Flatten"), shape: [4, 6, 3], result: [72], operations: [.flatten]),
      Case(
        layer: layer("Reshape", #""target_shape": [3, -1]"#), shape: [12], result: [3, 4],
        operations: [.reshape([3, 4])]),
      Case(layer: layer("Dropout", #""rate": 0.5"#), shape: [12], result: [12], operations: []),
      Case(layer: layer("GaussianNoise"), shape: [12], result: [12], operations: []),
      Case(
        layer: layer("MaxPooling2D", #""pool_size": [2, 2], "padding": "valid""#), shape: [5, 6, 3], result: [2, 3, 3],
        operations: [.pooling(Pooling(.maximum, size: [2, 2]))]),
      Case(
        layer: layer("AveragePooling2D", #""pool_size": [3, 2], "strides": [2, 1], "padding": "same""#),
        shape: [5, 6, 3], result: [3, 6, 3],
        operations: [.pooling(Pooling(.average, size: [3, 2], stride: [2, 1], padding: .same))]),
      Case(
        layer: layer("GlobalAveragePooling2D"), shape: [5, 6, 3], result: [3],
        operations: [.pooling(Pooling(.average, size: [5, 6])), .flatten]),
      Case(
        layer: layer("GlobalMaxPooling2D", #""data_format": "channels_first", "keepdims": true"#), shape: [3, 5, 6],
        result: [3, 1, 1], operations: [.pooling(Pooling(.maximum, size: [5, 6]))]),
      Case(
        layer: layer("UpSampling2D", #""size": [2, 3], "interpolation": "bilinear""#), shape: [5, 6, 3],
        result: [10, 18, 3], operations: [.upsampling(Upsampling(factor: [2, 3], mode: .bilinear))]),
      Case(
        layer: layer("ZeroPadding2D", #""padding": [[1, 0], [2, 3]]"#), shape: [5, 6, 3], result: [6, 11, 3],
        operations: [.pad([1, 0, 2, 3])]),
      Case(
        layer: layer("Cropping2D", #""cropping": [1, 2]"#), shape: [5, 6, 3], result: [3, 2, 3],
        operations: [.crop([1, 1, 2, 2])]),
    ]

    @Test(arguments: activations + shapes) func withoutWeights(_ item: Case) throws {
      let translation = try Self.translate(item.layer, shape: item.shape)
      #expect(translation.shape == item.result)
      #expect(translation.layers.map(\.operation) == item.operations)
      #expect(translation.layers.last?.activation ?? .identity == item.activation)
    }

    @Test func rescaling() throws {
      let translation = try Self.translate(Self.layer("Rescaling", #""scale": 2.0, "offset": -1.0"#), shape: [3])
      #expect(
        translation.layers == [Layer.affine(scale: 2, offset: -1, channels: 3, axis: 0, name: "it")])
    }

    @Test func convolution() throws {
      let translation = try Self.translate(
        Self.layer(
          "Conv2D",
          #""filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "groups": 2, "activation": "relu""#
        ),
        shape: [5, 6, 2], weights: [("it/kernel:0", [3, 2, 1, 4]), ("it/bias:0", [4])])
      var expected = Convolution(weight: F.tensor(3, 2, 1, 4), layout: .kernel, bias: F.tensor(4))
      expected.stride = [2, 1]
      expected.padding = .same
      expected.groups = 2
      #expect(translation.layers == [Layer(.convolution(expected), activation: .relu, name: "it")])
      #expect(translation.shape == [3, 6, 4])
    }

    @Test func depthwiseConvolutionIsGrouped() throws {
      let translation = try Self.translate(
        Self.layer("DepthwiseConv2D", #""kernel_size": [3, 3], "depth_multiplier": 2, "use_bias": false"#),
        shape: [5, 6, 2], weights: [("it/depthwise_kernel:0", [3, 3, 2, 2])])
      var expected = Convolution(
        weight: Tensor(shape: [3, 3, 1, 4], values: F.values([3, 3, 2, 2])), layout: .kernel)
      expected.groups = 2
      #expect(translation.layers == [Layer(.convolution(expected), name: "it")])
      #expect(translation.shape == [3, 4, 4])
    }

    /// Sizes as `keras.layers.Conv2DTranspose(filters, kernel, strides, padding, output_padding)` gives them.
    @Test(arguments: [
      (3, 2, "same", "null", 14, Padding.same, [0, 0]), (3, 2, "valid", "null", 15, .valid, [0, 0]),
      (2, 3, "valid", "null", 21, .valid, [1, 1]),
      (3, 2, "same", "1", 14, .explicit(top: 0, bottom: 1, left: 0, right: 1), [0, 0]),
      (3, 2, "same", "0", 13, .explicit(top: 1, bottom: 1, left: 1, right: 1), [0, 0]),
      (3, 2, "valid", "1", 16, .explicit(top: 0, bottom: 0, left: 0, right: 0), [1, 1]),
    ])
    func transposedConvolution(
      _ kernel: Int, _ stride: Int, _ padding: String, _ added: String, _ size: Int, _ expected: Padding, _ extra: [Int]
    ) throws {
      let translation = try Self.translate(
        Self.layer(
          "Conv2DTranspose",
          #""filters": 4, "kernel_size": [\#(kernel), \#(kernel)], "strides": [\#(stride), \#(stride)], "#
            + #""padding": "\#(padding)", "output_padding": \#(added)"#),
        shape: [7, 7, 2], weights: [("it/kernel:0", [kernel, kernel, 4, 2]), ("it/bias:0", [4])])
      #expect(translation.shape == [size, size, 4])
      guard case .transposedConvolution(let layer)? = translation.layers.first?.operation else {
        Issue.record("no transposed convolution")
        return
      }
      #expect(layer.padding == expected)
      #expect(layer.outputPadding == extra)
      #expect(layer.weight == F.tensor(kernel, kernel, 4, 2))
    }

    @Test func normalizations() throws {
      let batch = try Self.translate(
        Self.layer("BatchNormalization", #""axis": [3], "epsilon": 0.01, "scale": false"#), shape: [2, 2, 3],
        weights: [("it/beta:0", [3]), ("it/moving_mean:0", [3]), ("it/moving_variance:0", [3])])
      var expected = BatchNormalization(mean: F.tensor(3), variance: F.tensor(3), offset: F.tensor(3))
      expected.epsilon = 0.01
      expected.axis = 2
      #expect(batch.layers == [Layer(.batchNormalization(expected), name: "it")])
      let layer = try Self.translate(
        Self.layer("LayerNormalization", #""axis": -1"#), shape: [3],
        weights: [("it/gamma:0", [3]), ("it/beta:0", [3])])
      var expectedLayer = LayerNormalization(scale: F.tensor(3), offset: F.tensor(3))
      expectedLayer.epsilon = 1e-3
      #expect(layer.layers == [Layer(.layerNormalization(expectedLayer), name: "it")])
    }

    @Test func parametricReLU() throws {
      let one = try Self.translate(Self.layer("PReLU"), shape: [1], weights: [("it/alpha:0", [1])])
      #expect(one.layers.first?.activation == .leakyReLU(alpha: -0.5))
      let each = try Self.translate(Self.layer("PReLU"), shape: [3], weights: [("it/alpha:0", [3])])
      #expect(each.layers.first?.activation == .prelu(slope: F.tensor(3)))
      #expect(throws: ImportError.self) {
        try Self.translate(Self.layer("PReLU"), shape: [3], weights: [("it/alpha:0", [2])])
      }
    }

    @Test func branches() throws {
      let layers = [
        F.input("x", 6), F.dense("a", 4, from: "x"), F.dense("b", 4, from: "a"),
        F.layer("Add", "sum", from: F.call("a", "b")),
        F.layer("Concatenate", "both", #""axis": -1"#, from: F.call("sum", "x")),
        F.dense("z_mean", 2, from: "both"), F.dense("z_log_var", 2, from: "both"),
      ]
      let config = F.functional("encoder", layers, inputs: ["x"], outputs: ["z_mean", "z_log_var"])
      let weights = [
        F.denseWeights("a", 6, 4), F.denseWeights("b", 4, 4), F.denseWeights("z_mean", 10, 2),
        F.denseWeights("z_log_var", 10, 2),
      ]
      let result = try F.read([
        F.file("e.h5", F.named(weights, config: [config], at: "model_weights")),
        F.file("d.h5", F.named(F.decoderWeights, config: [F.decoder], at: "model_weights")),
      ])
      let residual = Layer(
        .residual(body: Stack(), shortcut: Stack([F.dense(4, 4, .identity, "b")])), name: "sum")
      #expect(
        result.model.encoders[0].trunk
          == Stack([
            Layer(
              .concatenation([Stack([F.dense(6, 4, .identity, "a"), residual]), Stack()]), name: "both")
          ]))
    }
  }
}
