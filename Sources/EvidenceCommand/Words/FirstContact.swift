import Evidence
import Foundation
import Runs

/// What a file of another kind than wanted is, in one sentence, with the command or the line that makes it right.
enum FirstContact {
  /// The sentence and what to do.
  static func words(_ kind: FileKind, _ path: String, as role: FileRole) -> String {
    let (file, word) = (path, CommandLineText.quoted(path))
    switch (kind, role) {
    case (.model, .data):
      return "a model, where data were expected\nthe order is: evidence nll MODEL DATA"
    case (.model, .results):
      return "a model, where results were expected\nto make results: evidence nll \(word) DATA.h5 --output results.h5"
    case (.model, .keras):
      return "a model in the model format already: nothing is to be imported\nevidence nll \(word) DATA.h5"
    case (.results, _):
      return
        "results of a run, \(expected(role))\nto see them: evidence inspect \(word), or evidence report \(word) -o report.html"
    case (.keras, .model):
      return "a Keras model, which has to be imported first\nevidence import keras \(word) -o model.h5"
    case (.keras, _): return "a Keras model, \(expected(role))"
    case (.pytorch, .data):
      return "what torch.save wrote, where data were expected; it is not opened, since a pickle is a program\n"
        + "in Python: numpy.save(\"data.npy\", torch.load(\"\(file)\").numpy())"
    case (.pytorch, _):
      return
        "a PyTorch checkpoint: weights without the module that uses them; it is not opened, since a pickle is a program\n"
        + "in Python, once the module has its weights: evidence.export.export_torch(\"model.h5\", module, example)"
    case (.pickle, _):
      return "a pickle of Python objects, which is not opened, since a pickle is a program\n"
        + "in Python: numpy.save(\"data.npy\", array), or evidence.export for a model"
    case (.onnx, _):
      return "an ONNX graph, which is not read\nexport the model from where it was trained: evidence import keras, or "
        + "evidence.export, in Python, for PyTorch and JAX"
    case (.safetensors, _):
      return "tensors without the module that uses them (safetensors)\n"
        + "in Python, once the module has its weights: evidence.export.export_torch(\"model.h5\", module, example)"
    case (.tensorFlow, _):
      return "a SavedModel or a checkpoint of TensorFlow, which is not read\n"
        + "in Python: tensorflow.keras.models.load_model(\"\(file)\").save(\"model.keras\"), then evidence import keras model.keras -o model.h5"
    case (.numpyArray, _), (.numpyArchive, _):
      return "numbers that numpy saved, \(expected(role))"
    case (.table, .data):
      return "numbers as text, where an HDF5 file or an array of numpy was expected\n"
        + "in Python: numpy.save(\"data.npy\", numpy.loadtxt(\"\(file)\", delimiter=\",\")), with skiprows=1 below a line of names"
    case (.table, _): return "text, \(expected(role))"
    case (.json, _): return "JSON, \(expected(role))"
    case (.matlab, .data):
      return "a MATLAB file of a version before 7.3, which is no HDF5\nin MATLAB: save('data.mat', 'x', '-v7.3')"
    case (.matlab, _): return "a MATLAB file, \(expected(role))"
    case (.netCDF, _):
      return "a NetCDF file of a version before 4, which is no HDF5\nnccopy -k nc4 \(word) data.nc"
    case (.idx, .data):
      return
        "MNIST's own format (idx)\nin Python: numpy.save(\"data.npy\", numpy.fromfile(\"\(file)\", dtype=\"uint8\")[16:].reshape(-1, 28, 28))"
    case (.gzip, _): return "compressed by gzip\ngunzip -k \(word)"
    case (.image, .data):
      return "a single picture, where a dataset [N, …] was expected\n"
        + "in Python: numpy.save(\"data.npy\", numpy.stack([numpy.asarray(PIL.Image.open(p)) for p in paths]))"
    case (.columnar, .data):
      return
        "a table of Parquet or Arrow\nin Python: numpy.save(\"data.npy\", pandas.read_parquet(\"\(file)\").to_numpy())"
    case (.idx, _), (.image, _), (.columnar, _): return "data of another kind, \(expected(role))"
    case (.zip, _): return "a zip archive, \(expected(role))"
    case (.folder, _): return "a folder, \(expected(role))"
    // Kinds that are right, or that nothing is known of.
    case (.model, _), (.hdf5, _), (.unknown, _), (.empty, _): return expected(role)
    }
  }

  private static func expected(_ role: FileRole) -> String {
    switch role {
    case .model: "where a model file was expected (evidence nll MODEL DATA)"
    case .data: "where data were expected: an HDF5 file, .npy or .npz"
    case .results: "where results were expected, as evidence nll --output writes them"
    case .keras: "where a Keras file was expected: .keras, .h5, .weights.h5 or .json"
    }
  }
}
