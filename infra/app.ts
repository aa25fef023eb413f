/** The CDK app: one stack, checked by cdk-nag at every synth. `npx cdk deploy -c tributary:production=true` */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readSettings, SettingsError } from './settings.ts';
import { TributaryStack } from './tributary-stack.ts';

try {
  const app = new App();
  const settings = readSettings(app.node.getAllContext());
  new TributaryStack(app, settings.stack, settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
