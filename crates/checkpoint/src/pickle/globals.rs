use crate::dtype::Dtype;
use crate::fault::Fault;

/// A Python function or class that a checkpoint may name. Each has its meaning here; none is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Global {
    OrderedDict,
    Counter,
    Set,
    Bytes,
    ByteArray,
    Complex,
    Encode,
    Size,
    Device,
    Tensor,
    Parameter,
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    RebuildParameterWithState,
    RebuildFromType,
    Dtype(&'static Dtype),
    /// A class of storages; none is the untyped one.
    Storage(Option<&'static Dtype>),
}

impl Global {
    /// The meaning of a dotted name, under Python 2's name too, which protocol 2 writes.
    pub(super) fn of(module: &str, name: &str) -> Result<Self, Fault> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("collections", "Counter") => Self::Counter,
            ("__builtin__" | "builtins", "set") => Self::Set,
            ("__builtin__" | "builtins", "bytes") => Self::Bytes,
            ("__builtin__" | "builtins", "bytearray") => Self::ByteArray,
            ("__builtin__" | "builtins", "complex") => Self::Complex,
            ("_codecs", "encode") => Self::Encode,
            ("torch", "Size") => Self::Size,
            ("torch", "device") => Self::Device,
            ("torch" | "torch._tensor", "Tensor") => Self::Tensor,
            ("torch.nn.parameter", "Parameter") => Self::Parameter,
            ("torch._utils", "_rebuild_tensor") => Self::RebuildTensor,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensorV2,
            ("torch._utils", "_rebuild_tensor_v3") => Self::RebuildTensorV3,
            ("torch._utils", "_rebuild_parameter") => Self::RebuildParameter,
            ("torch._utils", "_rebuild_parameter_with_state") => Self::RebuildParameterWithState,
            ("torch._tensor", "_rebuild_from_type_v2") => Self::RebuildFromType,
            ("torch" | "torch.storage", "UntypedStorage") => Self::Storage(None),
            ("torch", _) => {
                let dtype = Dtype::of_name(name).map(Self::Dtype);
                let storage = Dtype::of_storage(name).map(|dtype| Self::Storage(Some(dtype)));
                return dtype.or(storage).ok_or_else(|| unknown(module, name));
            }
            _ => return Err(unknown(module, name)),
        })
    }
}

fn unknown(module: &str, name: &str) -> Fault {
    // Python 3's name of the module, which is the one that the user knows.
    let module = if module == "__builtin__" { "builtins" } else { module };
    Fault::Global { name: format!("{module}.{name}") }
}
