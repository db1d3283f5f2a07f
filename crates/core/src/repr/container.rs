//! [`Repr`] for numbers, strings, sequences and tensors, and the form of an `OrderedDict`.

use tch::Tensor;

use super::{PrintOptions, Printer, Repr, number, tensor};
use crate::Result;

/// Python's `repr` of an `OrderedDict` up to Python 3.11, `OrderedDict([('a', ...), ('b', ...)])`,
/// for keys and the text of their values.
///
/// Python 3.12 and later print `OrderedDict({'a': ...})` instead; the published transcripts have
/// the older form, and so has this project, whichever Python stands beside it.
///
/// ```
/// let text = torch_exact::repr::ordered_dict([("bias", "tensor([0.1288])".to_owned())]);
/// assert_eq!(text, "OrderedDict([('bias', tensor([0.1288]))])");
/// ```
pub fn ordered_dict<'a>(items: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let pairs: Vec<String> = items
        .into_iter()
        .map(|(key, value)| format!("({}, {value})", number::string(key)))
        .collect();
    if pairs.is_empty() {
        return "OrderedDict()".to_owned();
    }
    format!("OrderedDict([{}])", pairs.join(", "))
}

/// Python's `repr` of a tuple of any length: `(a, b)`, `(a,)`, `()`.
///
/// # Errors
/// Whatever the items' own printing reports.
pub fn tuple(items: &[&dyn Repr]) -> Result<String> {
    let texts: Vec<String> = items.iter().map(|item| item.repr()).collect::<Result<_>>()?;
    let comma = if texts.len() == 1 { "," } else { "" };
    Ok(format!("({}{comma})", texts.join(", ")))
}

/// `[a, b]` from the texts of the items.
fn bracketed(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

impl Repr for Tensor {
    fn repr(&self) -> Result<String> {
        tensor::tensor(self, &PrintOptions::default())
    }
}

impl Repr for f64 {
    fn repr(&self) -> Result<String> {
        Ok(number::float(*self))
    }
}

impl Repr for bool {
    fn repr(&self) -> Result<String> {
        Ok(number::boolean(*self).to_owned())
    }
}

impl Repr for str {
    fn repr(&self) -> Result<String> {
        Ok(number::string(self))
    }
}

impl Repr for String {
    fn repr(&self) -> Result<String> {
        self.as_str().repr()
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Repr for $integer {
            fn repr(&self) -> Result<String> {
                Ok(self.to_string())
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);

impl<T: Repr> Repr for Option<T> {
    fn repr(&self) -> Result<String> {
        self.as_ref().map_or_else(|| Ok("None".to_owned()), Repr::repr)
    }

    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        match self {
            Some(value) => value.repr_pretty(printer),
            None => {
                printer.lines("None");
                Ok(())
            }
        }
    }
}

macro_rules! forwarded {
    ($($pointer:ty)*) => {$(
        impl<T: Repr + ?Sized> Repr for $pointer {
            fn repr(&self) -> Result<String> {
                (**self).repr()
            }

            fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
                (**self).repr_pretty(printer)
            }
        }
    )*};
}
forwarded!(&T Box<T> std::rc::Rc<T> std::sync::Arc<T>);

impl<T: Repr> Repr for [T] {
    fn repr(&self) -> Result<String> {
        let items: Vec<String> = self.iter().map(Repr::repr).collect::<Result<_>>()?;
        Ok(bracketed(&items))
    }

    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        printer.list(self)
    }
}

impl<T: Repr> Repr for Vec<T> {
    fn repr(&self) -> Result<String> {
        self.as_slice().repr()
    }

    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        printer.list(self)
    }
}

impl<T: Repr, const N: usize> Repr for [T; N] {
    fn repr(&self) -> Result<String> {
        self.as_slice().repr()
    }

    fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
        printer.list(self)
    }
}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        impl<$($name: Repr),+> Repr for ($($name,)+) {
            fn repr(&self) -> Result<String> {
                tuple(&[$(&self.$index),+])
            }

            fn repr_pretty(&self, printer: &mut Printer) -> Result<()> {
                printer.tuple(&[$(&self.$index),+])
            }
        }
    )*};
}
tuples!((A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3));

#[cfg(test)]
mod tests {
    use super::super::pretty;
    use super::*;

    #[test]
    fn sequences_print_as_lists_and_tuples() -> Result<()> {
        assert_eq!([1.0, 1e-5].repr()?, "[1.0, 1e-05]");
        assert_eq!(vec![("a", true)].repr()?, "[('a', True)]");
        assert_eq!((1,).repr()?, "(1,)");
        assert_eq!((1, Some(2.5), None::<i64>, "x").repr()?, "(1, 2.5, None, 'x')");
        assert_eq!(Vec::<i64>::new().repr()?, "[]");
        Ok(())
    }

    #[test]
    fn ordered_dicts() {
        assert_eq!(ordered_dict([]), "OrderedDict()");
        let two = [("a", "1".to_owned()), ("b", "2".to_owned())];
        assert_eq!(ordered_dict(two), "OrderedDict([('a', 1), ('b', 2)])");
    }

    #[test]
    fn a_notebook_breaks_a_list_only_when_it_must() -> Result<()> {
        assert_eq!(pretty(&(1, "x"))?, "(1, 'x')");
        let long: Vec<i64> = (100..125).collect();
        let lines: Vec<String> = long.iter().map(i64::to_string).collect();
        assert_eq!(pretty(&long)?, format!("[{}]", lines.join(",\n ")));
        let many = vec![1; 1001];
        assert!(pretty(&many)?.ends_with(" 1,\n ...]"));
        Ok(())
    }
}
