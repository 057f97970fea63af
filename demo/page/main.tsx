import { render } from 'preact'
import { Playground } from './playground.tsx'
import './styles/index.css'

const root = document.getElementById('app')
if (root) render(<Playground />, root)
